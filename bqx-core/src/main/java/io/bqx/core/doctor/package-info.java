/**
 * What a server, its settings and the sessions on it do to a job, found out before the job begins;
 * begin reading at {@link io.bqx.core.doctor.Doctor}.
 */
package io.bqx.core.doctor;
