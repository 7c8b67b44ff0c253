package org.aglais.zeppelin.door;

import org.apache.shiro.authc.AuthenticationException;
import org.apache.shiro.authc.AuthenticationInfo;
import org.apache.shiro.authc.AuthenticationToken;
import org.apache.shiro.authc.SimpleAuthenticationInfo;
import org.apache.shiro.authc.credential.AllowAllCredentialsMatcher;
import org.apache.shiro.authz.AuthorizationInfo;
import org.apache.shiro.authz.SimpleAuthorizationInfo;
import org.apache.shiro.realm.AuthorizingRealm;
import org.apache.shiro.subject.PrincipalCollection;

/** Knows one user: the owner of this server, by the Hub's word. Passwords are not asked for here. */
public class OwnerRealm extends AuthorizingRealm {
  private Door door;

  public OwnerRealm() {
    // The Hub has checked the code by the time it gives a name.
    super(new AllowAllCredentialsMatcher());
    setAuthenticationTokenClass(HubCode.class);
  }

  public void setDoor(Door door) {
    this.door = door;
  }

  @Override
  protected AuthenticationInfo doGetAuthenticationInfo(AuthenticationToken token) {
    HubCode code = (HubCode) token;
    HubUser user = userOf(code);
    DoorSettings settings = door.settings();
    if (!settings.owner.equals(user.name)) {
      throw new StrangerException(settings.owner, user.name);
    }
    if (user.scopes.stream().noneMatch(settings.accessScopes::contains)) {
      throw new AuthenticationException("The Hub does not let you use this session: it gave none of the scopes "
          + String.join(", ", settings.accessScopes) + ".");
    }
    return new SimpleAuthenticationInfo(user.name, code.getCredentials(), getName());
  }

  private HubUser userOf(HubCode code) {
    try {
      return door.hub().redeem(code.getPrincipal(), code.getCredentials());
    } catch (HubException e) {
      throw new AuthenticationException(e.getMessage(), e);
    }
  }

  @Override
  protected AuthorizationInfo doGetAuthorizationInfo(PrincipalCollection principals) {
    SimpleAuthorizationInfo info = new SimpleAuthorizationInfo();
    if (door.settings().admin) {
      info.addRole("admin");
    }
    return info;
  }
}
