package org.aglais.zeppelin.door;

import java.util.EnumSet;
import javax.servlet.DispatcherType;
import javax.servlet.FilterRegistration;
import org.aglais.zeppelin.notes.NoteRules;
import org.apache.shiro.util.Initializable;
import org.apache.shiro.web.servlet.ShiroFilter;
import org.eclipse.jetty.server.handler.ContextHandler;

/**
 * Shiro makes this bean from shiro.ini, once per web application of the server; all share one state.
 *
 * <p>Zeppelin lets Shiro guard {@code /api/*} only. This puts the same guard before pages and the websocket.
 */
public class Door implements Initializable {
  private static final String FILTER = "aglais-door";

  private final DoorState state = DoorState.shared();

  @Override
  public void init() {
    ContextHandler.Context context = ContextHandler.getCurrentContext();
    if (context == null) {
      return; // a unit test: no web application is being started
    }
    FilterRegistration.Dynamic filter = context.addFilter(FILTER, EverythingFilter.class);
    if (filter != null) { // Shiro initializes beans twice; the second time the filter is there
      filter.setAsyncSupported(true);
      filter.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC), true, "/*");
    }
  }

  /** Shiro's filter under another name: it may come twice in a chain, once by Zeppelin and once by us. */
  public static class EverythingFilter extends ShiroFilter {}

  DoorSettings settings() {
    return state.settings;
  }

  Hub hub() {
    return state.hub;
  }

  Visits visits() {
    return state.visits;
  }

  SessionClock clock() {
    return state.clock;
  }

  NoteRules rules() {
    return state.rules;
  }

  Sockets sockets() {
    return state.sockets;
  }
}
