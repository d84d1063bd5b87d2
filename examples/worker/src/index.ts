import multitask from "parallel-multitask/worker"

export { IdempotencyDO, TaskGroupDO } from "parallel-multitask/worker"

export default {
  fetch(request, env, ctx) {
    const { pathname } = new URL(request.url)
    if (pathname === "/hello") return new Response("A route of your own\n")
    return multitask.fetch(request, env, ctx)
  },
} satisfies ExportedHandler<Env>
