"""The files that a session's Zeppelin server reads. Pure: from a session to texts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from .interpreters import interpreter_settings

if TYPE_CHECKING:
    from .session import ZeppelinSession

__all__ = ["conf_files", "door_file"]

_DOOR = "org.aglais.zeppelin.door"
_STORAGE = "org.aglais.zeppelin.storage.HubNotebookRepo"


def conf_files(session: ZeppelinSession) -> dict[str, str]:
    """Return the files of `conf/` in the session's directory, by name."""
    return {
        "zeppelin-site.xml": _site(session),
        "shiro.ini": _shiro(session),
        "interpreter.json": interpreter_settings(session),
        "notebook-authorization.json": _authorization(session),
        "log4j.properties": _LOG4J.format(run=session.paths.run),
    }


def door_file(session: ZeppelinSession) -> str:
    """Return `door.properties`. It holds a secret: only the server may read it."""
    door = session.door
    values = {
        "owner": session.owner,
        "prefix": session.prefix,
        "client_id": door.client_id,
        "client_secret": door.client_secret,
        "authorize_path": door.authorize_path,
        "token_url": door.token_url,
        "user_url": door.user_url,
        "redirect_path": door.redirect_path,
        "access_scopes": " ".join(door.access_scopes),
        "logout_path": door.logout_path,
        "end_url": door.end_url,
        "session_idle_seconds": str(door.idle_seconds),
        "session_max_seconds": str(door.max_seconds),
        "admin": str(session.is_admin).lower(),
        "level": str(session.level),
        "package": session.package,
    }
    return "".join(f"{name}={_property(value)}\n" for name, value in values.items())


def _property(value: str) -> str:
    """Escape a value for a Java properties file, which is read as Latin-1."""
    escaped = value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    if escaped.startswith((" ", "\t")):
        escaped = "\\" + escaped
    units = escaped.encode("utf-16-be", "surrogatepass")
    codes = (int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2))
    return "".join(chr(code) if 32 <= code < 127 else f"\\u{code:04x}" for code in codes)


def _site(session: ZeppelinSession) -> str:
    paths = session.paths
    properties = {
        "zeppelin.server.addr": "127.0.0.1",
        "zeppelin.server.port": str(session.port),
        "zeppelin.server.context.path": session.prefix.rstrip("/") or "/",
        # The door refuses foreign origins itself: it knows the address that the browser used.
        "zeppelin.server.allowed.origins": "*",
        "zeppelin.server.send.jetty.name": "false",
        "zeppelin.server.authorization.header.clear": "false",
        "zeppelin.server.strict.transport": "max-age=0",
        "zeppelin.war": f"{paths.zeppelin}/zeppelin.war",
        "zeppelin.angular.war": f"{paths.zeppelin}/zeppelin.war",
        "zeppelin.war.tempdir": f"{paths.run}/scratch",
        "zeppelin.interpreter.dir": f"{paths.zeppelin}/interpreter",
        "zeppelin.interpreter.include": "md,python,spark",
        "zeppelin.interpreter.group.default": "spark",
        "zeppelin.interpreter.localRepo": f"{paths.run}/local-repo",
        "zeppelin.interpreter.remoterunner": f"{paths.zeppelin}/bin/interpreter.sh",
        "zeppelin.interpreter.connect.timeout": "120000",
        "zeppelin.plugins.dir": f"{paths.zeppelin}/plugins",
        "zeppelin.run.mode": "local",
        "zeppelin.notebook.dir": f"{paths.notebooks}/user",
        "zeppelin.notebook.storage": _STORAGE,
        "zeppelin.notebook.public": "false",
        "zeppelin.notebook.cron.enable": "false",
        "zeppelin.notebook.collaborative.mode.enable": "false",
        "zeppelin.anonymous.allowed": "false",
        "zeppelin.credentials.persist": "false",
        "zeppelin.search.enable": "false",
        "zeppelin.jobmanager.enable": "false",
        "zeppelin.helium.registry": "",
        "zeppelin.websocket.max.text.message.size": str(8 * 2**20),
        "zeppelin.recovery.dir": f"{paths.run}/recovery",
    }
    lines = (
        f"  <property><name>{name}</name><value>{escape(value)}</value></property>\n"
        for name, value in properties.items()
    )
    return f'<?xml version="1.0"?>\n<configuration>\n{"".join(lines)}</configuration>\n'


def _shiro(session: ZeppelinSession) -> str:
    cookie_age_ms = session.door.max_seconds * 1000
    return _SHIRO.format(door=_DOOR, prefix=session.prefix, timeout=cookie_age_ms)


def _authorization(session: ZeppelinSession) -> str:
    """Make the shipped notes read-only for everybody: `hub-admin` is no account."""
    rights = {"owners": ["hub-admin"], "writers": ["hub-admin"], "readers": [], "runners": []}
    return json.dumps({"authInfo": dict.fromkeys(session.read_only_notes, rights)}, indent=1)


_SHIRO = """\
[main]
door = {door}.Door
realm = {door}.OwnerRealm
realm.door = $door
cookie = org.apache.shiro.web.servlet.SimpleCookie
cookie.name = JSESSIONID
cookie.path = {prefix}
cookie.httpOnly = true
sessionEnd = {door}.SessionEnd
sessionManager = org.apache.shiro.web.session.mgt.DefaultWebSessionManager
sessionManager.sessionIdCookie = $cookie
sessionManager.sessionIdUrlRewritingEnabled = false
sessionManager.globalSessionTimeout = {timeout}
sessionManager.sessionListeners = $sessionEnd
securityManager.sessionManager = $sessionManager
securityManager.realms = $realm
guard = {door}.GuardFilter
guard.door = $door
callback = {door}.CallbackFilter
callback.door = $door
leave = {door}.LeaveFilter
leave.door = $door
member = {door}.MemberFilter
member.door = $door
admin = {door}.AdminFilter
admin.door = $door
session = {door}.SessionFilter
session.door = $door
notes = {door}.NotesFilter
notes.door = $door
socket = {door}.SocketFilter
socket.door = $door

[urls]
/oauth_callback = guard, callback
/logout = guard, leave
/api/login/logout = guard, leave
/api/interpreter/** = guard, member, admin
/api/configurations/** = guard, member, admin
/api/notebook-repositories/** = guard, member, admin
/api/helium/** = guard, member, admin
/api/credential/** = guard, member, admin
/api/cluster/** = guard, member, admin
/api/admin/** = guard, member, admin
/metrics = guard, member, admin
/api/aglais/session = guard, member, session
/api/notebook/** = guard, member, notes
/ws/** = guard, member, socket
/** = guard, member
"""

_LOG4J = """\
log4j.rootLogger=INFO, file
log4j.appender.file=org.apache.log4j.RollingFileAppender
log4j.appender.file.File={run}/logs/zeppelin.log
log4j.appender.file.MaxFileSize=5MB
log4j.appender.file.MaxBackupIndex=1
log4j.appender.file.layout=org.apache.log4j.PatternLayout
log4j.appender.file.layout.ConversionPattern=%d{{ISO8601}} %-5p [%t] %c{{1}}: %m%n
# They log the environment of interpreters and each message of the websocket.
log4j.logger.org.apache.zeppelin.interpreter.launcher=WARN
log4j.logger.org.apache.zeppelin.socket=WARN
"""
