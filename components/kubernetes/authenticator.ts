import type { Authenticator } from "@kubernetes/client-node/dist/auth.js" with { "resolution-mode": "import" };
import type { User } from "@kubernetes/client-node/dist/config_types.js" with { "resolution-mode": "import" };

/** What runs a user's plugin, reads its token file or renews its token; it keeps a token until that ends. Undefined for plain credentials. */
export async function authenticatorOf(user: User): Promise<Authenticator | undefined> {
  const { name, config } = (user.authProvider ?? {}) as { name?: string; config?: Record<string, unknown> };
  // Each is a module of client-node's; together, and with what they import, they take as long as all the rest.
  if (name === "azure") return new (await import("@kubernetes/client-node/dist/azure_auth.js")).AzureAuth();
  if (name === "gcp") return new (await import("@kubernetes/client-node/dist/gcp_auth.js")).GoogleCloudPlatformAuth();
  if (user.exec != null || name === "exec" || config?.exec !== undefined)
    return new (await import("@kubernetes/client-node/dist/exec_auth.js")).ExecAuth();
  if (config?.tokenFile !== undefined)
    return new (await import("@kubernetes/client-node/dist/file_auth.js")).FileAuth();
  if (name === "oidc") return new (await import("@kubernetes/client-node/dist/oidc_auth.js")).OpenIDConnectAuth();
  return undefined;
}
