#!/usr/bin/env node
/** The command `parallel-multitask`. */
process.exitCode = 1
