/** What a validation found: one check per stage and rule, over all partitions. */
package io.bqx.core.validation;
