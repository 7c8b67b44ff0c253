package org.aglais.zeppelin.door;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class VisitsTest {
  private final MovingClock clock = new MovingClock();
  private final Visits visits = new Visits(clock);

  @Test
  void endsOnce() {
    String state = visits.begin("verifier", "/user/alice/");
    assertEquals("verifier", visits.end(state, state).orElseThrow().verifier);
    assertFalse(visits.end(state, state).isPresent());
  }

  @Test
  void needsTheBrowserThatBegan() {
    String mine = visits.begin("verifier", "/");
    String others = visits.begin("verifier", "/");
    assertFalse(visits.end(mine, others).isPresent());
    assertFalse(visits.end(mine, null).isPresent());
    assertFalse(visits.end(null, null).isPresent());
    assertTrue(visits.end(mine, mine).isPresent());
  }

  @Test
  void lastsTenMinutes() {
    String state = visits.begin("verifier", "/");
    clock.advance(Visits.LIFETIME.toSeconds());
    assertFalse(visits.end(state, state).isPresent());
  }

  @Test
  void forgetsTheOldestOfTooMany() {
    String first = visits.begin("verifier", "/");
    String last = first;
    for (int i = 0; i < 1000; i++) {
      last = visits.begin("verifier", "/");
    }
    assertFalse(visits.end(first, first).isPresent());
    assertTrue(visits.end(last, last).isPresent());
  }

  @Test
  void challengeIsThatOfTheStandard() {
    // The example of RFC 7636, appendix B.
    assertEquals(
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        Secrets.challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
  }
}
