package org.aglais.zeppelin.door;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows when the session is over: nobody did anything for too long, or it lasted long enough. Then it calls home until
 * the Hub has heard.
 *
 * <p>A request, an edit over the websocket and a paragraph that runs are activity; an open page alone is not.
 */
final class SessionClock {
  private static final Logger LOG = LoggerFactory.getLogger(SessionClock.class);
  private static final Duration TICK = Duration.ofSeconds(1);

  private final DoorSettings settings;
  private final Hub hub;
  private final Clock clock;
  private final Runnable onEnd;
  private final Instant begin;
  private final Set<String> running = ConcurrentHashMap.newKeySet();
  private volatile Instant active;
  private volatile boolean over;
  private boolean reported;
  private Instant nextCall = Instant.MIN;

  SessionClock(DoorSettings settings, Hub hub, Clock clock, Runnable onEnd) {
    this.settings = settings;
    this.hub = hub;
    this.clock = clock;
    this.onEnd = onEnd;
    begin = clock.instant();
    active = begin;
  }

  void start() {
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(this::daemon);
    timer.scheduleWithFixedDelay(this::tick, TICK.toMillis(), TICK.toMillis(), TimeUnit.MILLISECONDS);
  }

  private Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "session-clock");
    thread.setDaemon(true);
    return thread;
  }

  /** Something was done. */
  void touch() {
    active = clock.instant();
  }

  void paragraphRuns(String id) {
    running.add(id);
    touch();
  }

  void paragraphStopped(String id) {
    running.remove(id);
    touch();
  }

  boolean isOver() {
    return over;
  }

  /** Must not throw: the timer would stop. */
  void tick() {
    try {
      if (!over && isTimeUp()) {
        over = true;
        LOG.info("The session is over");
        onEnd.run();
      }
      if (over && !reported && !clock.instant().isBefore(nextCall)) {
        callHome();
      }
    } catch (RuntimeException e) {
      LOG.error("The session clock stumbled", e);
    }
  }

  private boolean isTimeUp() {
    Instant now = clock.instant();
    if (now.isAfter(begin.plus(settings.longest))) {
      return true;
    }
    return running.isEmpty() && now.isAfter(active.plus(settings.idle));
  }

  private void callHome() {
    nextCall = clock.instant().plusSeconds(5);
    try {
      hub.endSession();
      reported = true;
    } catch (HubException e) {
      LOG.warn("{} It is asked again.", e.getMessage());
    }
  }
}
