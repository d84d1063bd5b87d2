import { DurableObject } from "cloudflare:workers"
export class TaskGroupDO extends DurableObject<Env> {}
export default { fetch: () => new Response("ok") }
