import { escapeRaw, fieldsOf } from "../../domain/JsonText.ts"
import { withoutOpenBidi } from "../../domain/PlainText.ts"
import type { TaskGroupStatus } from "../../domain/TaskGroup.ts"
import type { Snapshot } from "../../services/GroupReader.ts"

/** What the JSON format says before the rows, without braces. */
export const headJson = ({ details, status }: Snapshot): string => {
  const output = fieldsOf(details.taskSpec).get("output_schema")
  const schema = output === undefined ? undefined : fieldsOf(output).get("json_schema")
  const head = [
    `"taskgroup_id":${JSON.stringify(details.taskgroupId)}`,
    `"metadata":${details.metadata}`,
    `"status":${JSON.stringify(status)}`,
    `"created_at":${JSON.stringify(details.createdAt ?? "")}`,
    `"output_schema":${schema ?? "null"}`,
    `"warnings":${JSON.stringify(details.warnings)}`,
  ].join(",")
  return escapeRaw(head)
}

/** "12 of 20 completed, 1 failed, 7 running". */
export const progressText = (status: TaskGroupStatus): string => {
  const { completed = 0, ...others } = status.task_run_status_counts
  const rest = Object.entries(others).map(
    ([name, count]) => `${count} ${withoutOpenBidi(name.replaceAll("_", " "))}`,
  )
  return [`${completed} of ${status.num_task_runs} completed`, ...rest].join(", ")
}
