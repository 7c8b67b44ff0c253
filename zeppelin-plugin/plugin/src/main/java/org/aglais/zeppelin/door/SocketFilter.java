package org.aglais.zeppelin.door;

import java.util.Collections;
import java.util.Enumeration;
import javax.servlet.ServletConfig;
import javax.servlet.ServletContext;
import javax.servlet.ServletException;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.apache.zeppelin.socket.NotebookServer;
import org.eclipse.jetty.websocket.servlet.WebSocketServlet;
import org.eclipse.jetty.websocket.servlet.WebSocketServletFactory;

/** Opens the websocket in place of Zeppelin, so that messages pass {@link MessageGuard} on their way to it. */
public class SocketFilter extends DoorFilter {
  private static final int MOST_CHARACTERS = 8 << 20;

  private WebSocketServlet servlet;

  @Override
  protected boolean mayPass(HttpServletRequest request, HttpServletResponse response) throws Exception {
    if (Requests.isUpgrade(request)) {
      servlet(request.getServletContext()).service(request, response);
    } else {
      Answers.json(response, 400, "This is a websocket.");
    }
    return false;
  }

  private synchronized WebSocketServlet servlet(ServletContext context) throws ServletException {
    if (servlet == null) {
      NotebookServer notebooks = ZeppelinServerSeam.notebookServer();
      ZeppelinServerSeam.watchParagraphs(door.clock());
      WebSocketServlet opened = new Guarded(new MessageGuard(notebooks, door), door.sockets());
      opened.init(new Config(context));
      servlet = opened;
    }
    return servlet;
  }

  private static final class Guarded extends WebSocketServlet {
    private static final long serialVersionUID = 1L;

    private final transient MessageGuard guard;
    private final transient Sockets sockets;

    Guarded(MessageGuard guard, Sockets sockets) {
      this.guard = guard;
      this.sockets = sockets;
    }

    @Override
    public void configure(WebSocketServletFactory factory) {
      factory.getPolicy().setMaxTextMessageSize(MOST_CHARACTERS);
      factory.setCreator((request, response) -> sockets.create(request.getHttpServletRequest(), guard));
    }
  }

  private static final class Config implements ServletConfig {
    private final ServletContext context;

    Config(ServletContext context) {
      this.context = context;
    }

    @Override
    public String getServletName() {
      return "aglais-socket";
    }

    @Override
    public ServletContext getServletContext() {
      return context;
    }

    @Override
    public String getInitParameter(String name) {
      return null;
    }

    @Override
    public Enumeration<String> getInitParameterNames() {
      return Collections.emptyEnumeration();
    }
  }
}
