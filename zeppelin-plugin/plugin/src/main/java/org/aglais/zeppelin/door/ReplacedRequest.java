package org.aglais.zeppelin.door;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import javax.servlet.ReadListener;
import javax.servlet.ServletInputStream;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletRequestWrapper;
import java.net.URLEncoder;

/** A request with another body, and where a path is given, with that as its only query. */
final class ReplacedRequest extends HttpServletRequestWrapper {
  private final byte[] body;
  private final String notePath;

  ReplacedRequest(HttpServletRequest request, String body, String notePath) {
    super(request);
    this.body = body.getBytes(StandardCharsets.UTF_8);
    this.notePath = notePath;
  }

  @Override
  public String getQueryString() {
    return notePath == null
        ? super.getQueryString()
        : "notePath=" + URLEncoder.encode(notePath, StandardCharsets.UTF_8);
  }

  @Override
  public String getParameter(String name) {
    return name.equals("notePath") && notePath != null ? notePath : super.getParameter(name);
  }

  @Override
  public Map<String, String[]> getParameterMap() {
    Map<String, String[]> parameters = new TreeMap<>(super.getParameterMap());
    if (notePath != null) {
      parameters.put("notePath", new String[] {notePath});
    }
    return parameters;
  }

  @Override
  public int getContentLength() {
    return body.length;
  }

  @Override
  public long getContentLengthLong() {
    return body.length;
  }

  @Override
  public BufferedReader getReader() {
    return new BufferedReader(new InputStreamReader(getInputStream(), StandardCharsets.UTF_8));
  }

  @Override
  public ServletInputStream getInputStream() {
    ByteArrayInputStream bytes = new ByteArrayInputStream(body);
    return new ServletInputStream() {
      @Override
      public int read() {
        return bytes.read();
      }

      @Override
      public boolean isFinished() {
        return bytes.available() == 0;
      }

      @Override
      public boolean isReady() {
        return true;
      }

      @Override
      public void setReadListener(ReadListener listener) {
        throw new IllegalStateException("This body is in memory; read it at once");
      }
    };
  }
}
