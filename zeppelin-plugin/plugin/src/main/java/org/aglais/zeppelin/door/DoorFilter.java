package org.aglais.zeppelin.door;

import javax.servlet.ServletRequest;
import javax.servlet.ServletResponse;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.apache.shiro.web.servlet.AdviceFilter;

/** A filter of shiro.ini that lets a request through or answers it. */
public abstract class DoorFilter extends AdviceFilter {
  protected Door door;

  /** Called by Shiro, from shiro.ini. */
  public void setDoor(Door door) {
    this.door = door;
  }

  @Override
  protected boolean preHandle(ServletRequest request, ServletResponse response) throws Exception {
    return mayPass((HttpServletRequest) request, (HttpServletResponse) response);
  }

  /** Returns true to go on; false when the response is written. */
  protected abstract boolean mayPass(HttpServletRequest request, HttpServletResponse response) throws Exception;

  /** Sets a cookie of this session; Jetty's own Cookie class knows no SameSite. */
  protected void setCookie(HttpServletResponse response, String name, String value, long seconds) {
    response.addHeader(
        "Set-Cookie",
        name + "=" + value + "; Path=" + door.settings().prefix + "; Max-Age=" + seconds + "; HttpOnly; SameSite=Lax");
  }
}
