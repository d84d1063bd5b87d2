/**
 * Parallel's objects as documented: their fields, with `?` where one may be missing; and after `=` what of it may stay
 * in a recording: an id, by its stand-in; a text that looks like one of `LOOKS`; parts of an object of another shape.
 * Those with a + are not whole, and of recordings alone: bodies of any kind, parameters, headers.
 */
const TEXT = `
run: run_id=id interaction_id=id processor=word status=word is_active=flag created_at=time modified_at=time warnings? error?=+error metadata?=+metadata taskgroup_id?=id
status: num_task_runs=number task_run_status_counts=+counts is_active=flag status_message modified_at=time
group: taskgroup_id=id status=status created_at=time metadata?=+metadata
result: run=run output=output
task_run.state: type=word event_id=id run=run input?=+input output?=output
task_group_status: type=word event_id=id status=status
output: type=word content=+content basis=basis output_schema? mcp_tool_calls? beta_fields?
basis: field=field reasoning citations?=citation confidence?=word
citation: url title? excerpts?
+any: taskgroup_id=id status=status run_ids=id run_cursor=id event_cursor=id run=run output=output type=word event_id=id created_at=time input=+input inputs=+input metadata=+metadata error=+error
+input: input=+content processor=word metadata=+metadata
+metadata: input_index=number num_inputs=number
+error: ref_id=id
+query: status=word include_input=flag include_output=flag refresh_status=flag timeout=number last_event_id=id
+request: accept=header accept-encoding=header parallel-beta=header last-event-id=id
+response: content-type=header content-encoding=header cache-control=header retry-after=header retry-after-ms=header x-should-retry=header ratelimit-limit=header ratelimit-remaining=header ratelimit-reset=header x-ratelimit-limit=header x-ratelimit-remaining=header x-ratelimit-reset=header`

export const LOOKS: Readonly<Record<string, RegExp>> = {
  flag: /^(?:true|false)$/,
  number: /^\d{1,9}$/,
  word: /^[a-z0-9_.-]{0,64}$/,
  time: /^\d{4}-\d\d-\d\dT[\d:.+Z-]{1,30}$/,
  header: /^[\w\s;=/+.,:-]{0,120}$/,
  /** Of a field, so that fields nobody knew of can be told. */
  name: /^[A-Za-z_$][\w.$-]{0,63}$/,
}

/** By shape and by name of the field. */
export const SHAPES = new Map(
  [...TEXT.matchAll(/^(\S+): (.+)$/gm)].map(([, shape = "", fields = ""]) => {
    const found = [...fields.matchAll(/([\w-]+)(\??)(?:=(\S+))?/g)]
    const rules = found.map(
      ([, name = "", mark, rule = ""]) => [name, { isRequired: mark === "", rule }] as const,
    )
    return [shape, new Map(rules)]
  }),
)
