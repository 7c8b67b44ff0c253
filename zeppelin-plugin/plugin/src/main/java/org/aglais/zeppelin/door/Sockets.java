package org.aglais.zeppelin.door;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.servlet.http.HttpServletRequest;
import org.apache.zeppelin.socket.NotebookSocket;
import org.apache.zeppelin.socket.NotebookSocketListener;
import org.eclipse.jetty.websocket.api.Session;

/** The open websockets of the session. */
final class Sockets {
  private static final int GOING_AWAY = 1008; // RFC 6455: policy violation, the client shall not just reconnect

  private final Set<Session> open = ConcurrentHashMap.newKeySet();

  NotebookSocket create(HttpServletRequest request, NotebookSocketListener listener) {
    return new Tracked(request, listener);
  }

  void closeAll() {
    open.forEach(session -> session.close(GOING_AWAY, "The session has ended"));
  }

  private final class Tracked extends NotebookSocket {
    private Session session;

    Tracked(HttpServletRequest request, NotebookSocketListener listener) {
      super(request, "", listener);
    }

    @Override
    public void onWebSocketConnect(Session session) {
      this.session = session;
      open.add(session);
      super.onWebSocketConnect(session);
    }

    @Override
    public void onWebSocketClose(int code, String reason) {
      if (session != null) {
        open.remove(session);
      }
      super.onWebSocketClose(code, reason);
    }
  }
}
