/** etcd's alarm of a full disk quota: while it stands, it takes no write. https://etcd.io/docs/v3.6/op-guide/maintenance/#space-quota */
export async function setNoSpace(etcd: string, on: boolean): Promise<void> {
  const { members } = (await post(etcd, "/v3/cluster/member/list", {})) as { members: { ID: string }[] };
  const action = on ? "ACTIVATE" : "DEACTIVATE";
  for (const { ID } of members) await post(etcd, "/v3/maintenance/alarm", { action, memberID: ID, alarm: "NOSPACE" });
}

async function post(etcd: string, path: string, body: object): Promise<unknown> {
  const response = await fetch(etcd + path, { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`etcd ${path} answered ${response.status}: ${await response.text()}`);
  return response.json();
}
