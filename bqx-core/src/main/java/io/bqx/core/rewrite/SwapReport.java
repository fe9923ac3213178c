package io.bqx.core.rewrite;

import java.time.Duration;

/**
 * What a swap cost its surroundings.
 *
 * @param waited from the first request for the locks until all were held, pauses included
 * @param held from then until the commit: the time in which readers of the table had to wait
 * @param tries how often the locks were asked for; 1 if nobody was in the way
 */
public record SwapReport(Duration waited, Duration held, int tries) {}
