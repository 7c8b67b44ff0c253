package org.aglais.zeppelin.door;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Visitors that were sent to the Hub and are expected back.
 *
 * <p>Each is known by a random state that also lies in a cookie of the browser, so a code that one browser got does not
 * log in another. A visit is used once, lasts ten minutes, and there are at most a thousand: the oldest go first.
 */
final class Visits {
  static final Duration LIFETIME = Duration.ofMinutes(10);
  private static final int MOST = 1000;

  private final Clock clock;
  private final Map<String, Visit> byState = new LinkedHashMap<>();

  Visits(Clock clock) {
    this.clock = clock;
  }

  /** One visitor: the secret half of the code exchange, and the page that was asked for. */
  static final class Visit {
    final String verifier;
    final String page;
    private final Instant until;

    private Visit(String verifier, String page, Instant until) {
      this.verifier = verifier;
      this.page = page;
      this.until = until;
    }
  }

  /** Remembers a visitor; returns the state. */
  synchronized String begin(String verifier, String page) {
    Iterator<Visit> oldest = byState.values().iterator();
    while (byState.size() >= MOST && oldest.hasNext()) {
      oldest.next();
      oldest.remove();
    }
    String state = Secrets.random();
    byState.put(state, new Visit(verifier, page, clock.instant().plus(LIFETIME)));
    return state;
  }

  /** Takes a visitor out, if it is expected and the browser holds the same state. */
  synchronized Optional<Visit> end(String state, String stateOfBrowser) {
    if (!Secrets.same(state, stateOfBrowser)) {
      return Optional.empty();
    }
    return Optional.ofNullable(byState.remove(state)).filter(visit -> clock.instant().isBefore(visit.until));
  }
}
