package org.aglais.zeppelin.door;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.servlet.http.HttpServletRequest;
import org.apache.zeppelin.socket.NotebookSocket;
import org.apache.zeppelin.socket.NotebookSocketListener;
import org.eclipse.jetty.websocket.api.Session;

/** The open websockets of the session. */
final class Sockets {
  private static final int GOING_AWAY = 1008; // RFC 6455: policy violation, the client shall not just reconnect

  private final Set<Session> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger ends = new AtomicInteger();

  NotebookSocket create(HttpServletRequest request, NotebookSocketListener listener) {
    return new Tracked(request, listener, ends.get());
  }

  void closeAll() {
    ends.incrementAndGet();
    open.forEach(Sockets::close);
  }

  private static void close(Session session) {
    session.close(GOING_AWAY, "The session has ended");
  }

  private final class Tracked extends NotebookSocket {
    private final int endsBefore;
    private Session session;

    Tracked(HttpServletRequest request, NotebookSocketListener listener, int endsBefore) {
      super(request, "", listener);
      this.endsBefore = endsBefore;
    }

    @Override
    public void onWebSocketConnect(Session session) {
      this.session = session;
      open.add(session);
      super.onWebSocketConnect(session);
      // The browser has its answer before this: the session may have ended in between.
      if (ends.get() != endsBefore) {
        close(session);
      }
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
