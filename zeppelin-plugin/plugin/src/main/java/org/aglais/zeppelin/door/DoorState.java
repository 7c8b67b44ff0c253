package org.aglais.zeppelin.door;

import java.time.Clock;
import org.aglais.zeppelin.notes.NoteRules;
import org.aglais.zeppelin.storage.NoteTree;

/** What all web applications of one server share: there is one owner, one session clock, one set of notes. */
final class DoorState {
  private static DoorState shared;

  final DoorSettings settings;
  final Hub hub;
  final Visits visits;
  final Sockets sockets;
  final SessionClock clock;
  final NoteRules rules;

  private DoorState(DoorSettings settings) {
    this.settings = settings;
    hub = new Hub(settings);
    visits = new Visits(Clock.systemUTC());
    sockets = new Sockets();
    clock = new SessionClock(settings, hub, Clock.systemUTC(), this::close);
    rules = new NoteRules(NoteTree.shared());
    clock.start();
  }

  static synchronized DoorState shared() {
    if (shared == null) {
      shared = new DoorState(DoorSettings.load());
    }
    return shared;
  }

  /** Lets nobody go on: messages of the websocket need the ticket. */
  private void close() {
    ZeppelinServerSeam.removeTicket(settings.owner);
    sockets.closeAll();
  }
}
