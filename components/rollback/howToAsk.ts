/** The command that says what a downgrade needs. */
export function howToAskForWayBack(crd: string, to: string): string {
  return `kubernetes-storage-migration rollback ${crd} --to ${to}`;
}
