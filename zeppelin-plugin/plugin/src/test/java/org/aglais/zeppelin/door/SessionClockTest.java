package org.aglais.zeppelin.door;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SessionClockTest {
  private final MovingClock clock = new MovingClock();
  private final FlakyHub hub = new FlakyHub();
  private int ends;
  private final SessionClock session = new SessionClock(Fixtures.settings(1), hub, clock, () -> ends++);

  private static final class FlakyHub extends Hub {
    int failures;
    int calls;

    FlakyHub() {
      super(Fixtures.settings(1));
    }

    @Override
    void endSession() throws HubException {
      calls++;
      if (failures-- > 0) {
        throw new HubException("away");
      }
    }
  }

  private void pass(long seconds) {
    clock.advance(seconds);
    session.tick();
  }

  @Test
  void endsWhenNothingIsDone() {
    pass(60);
    assertFalse(session.isOver());
    pass(1);
    assertTrue(session.isOver());
    assertEquals(1, ends);
    assertEquals(1, hub.calls);
  }

  @Test
  void goesOnWhileItIsUsed() {
    for (int i = 0; i < 9; i++) {
      session.touch();
      pass(59);
    }
    assertFalse(session.isOver());
  }

  @Test
  void aRunningParagraphIsUse() {
    session.paragraphRuns("p");
    pass(300);
    assertFalse(session.isOver());
    session.paragraphStopped("p");
    pass(61);
    assertTrue(session.isOver());
  }

  @Test
  void nothingLastsLongerThanTheLongest() {
    session.paragraphRuns("p");
    pass(601);
    assertTrue(session.isOver());
  }

  @Test
  void callsUntilTheHubHasHeard() {
    hub.failures = 2;
    pass(61);
    pass(1);
    assertEquals(1, hub.calls, "not every second");
    pass(5);
    pass(5);
    pass(5);
    assertEquals(3, hub.calls);
    assertEquals(1, ends);
  }
}
