type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Kubernetes gives every pod variables about the services of its namespace, named after them: a service `hotsplit` sets
 * `HOTSPLIT_SERVICE_HOST`, `HOTSPLIT_PORT=tcp://10.0.0.7:8080`, `HOTSPLIT_PORT_8080_TCP_ADDR` and more, a service
 * `hotsplit-http` sets `HOTSPLIT_HTTP_PORT=tcp://…`, which is a setting's name.
 *
 * @returns the environment without them
 */
export function withoutServiceLinks(environment: Environment): Environment {
  return Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => !isServiceLink(name, value ?? '')),
  );
}

/** Names alone would let misspelt settings pass; a link is known by its name and the form of its value. */
const LINKS: readonly (readonly [name: RegExp, value: RegExp])[] = [
  [/_SERVICE_HOST$/, /^[0-9a-fA-F.:]+$/],
  [/_SERVICE_PORT(_[A-Z0-9_]+)?$/, /^[0-9]{1,5}$/],
  [/_PORT$/, /^(tcp|udp|sctp):\/\//],
  [/_PORT_[0-9]{1,5}_(TCP|UDP|SCTP)$/, /^(tcp|udp|sctp):\/\//],
  [/_PORT_[0-9]{1,5}_(TCP|UDP|SCTP)_(PROTO|PORT|ADDR)$/, /^[0-9a-zA-Z.:]+$/],
];

function isServiceLink(name: string, value: string): boolean {
  return (
    name.startsWith('HOTSPLIT_') &&
    LINKS.some(([ofName, ofValue]) => ofName.test(name) && ofValue.test(value))
  );
}
