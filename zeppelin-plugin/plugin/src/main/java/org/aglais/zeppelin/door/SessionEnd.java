package org.aglais.zeppelin.door;

import org.apache.shiro.session.Session;
import org.apache.shiro.session.SessionListenerAdapter;

/** When a browser's session ends, its websocket must end too: Zeppelin checks there only the ticket. */
public class SessionEnd extends SessionListenerAdapter {
  @Override
  public void onStop(Session session) {
    end();
  }

  @Override
  public void onExpiration(Session session) {
    end();
  }

  /** The owner's other browsers get a new ticket when they load a page. */
  private void end() {
    DoorState state = DoorState.shared();
    ZeppelinServerSeam.removeTicket(state.settings.owner);
    state.sockets.closeAll();
  }
}
