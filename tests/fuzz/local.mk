# SPDX-License-Identifier: GPL-2.0-or-later
# built and run by tests/fuzz/run, with clang
EXTRA_PROGRAMS =
EXTRA_PROGRAMS += tests/fuzz/instance
EXTRA_PROGRAMS += tests/fuzz/job_request
EXTRA_PROGRAMS += tests/fuzz/json5
EXTRA_PROGRAMS += tests/fuzz/parameters
EXTRA_PROGRAMS += tests/fuzz/step_record
EXTRA_PROGRAMS += tests/fuzz/stream
EXTRA_PROGRAMS += tests/fuzz/workflow
EXTRA_PROGRAMS += tests/fuzz/yaml
EXTRA_DIST += tests/fuzz/instance.dict
EXTRA_DIST += tests/fuzz/instance.seeds
EXTRA_DIST += tests/fuzz/job_request.dict
EXTRA_DIST += tests/fuzz/job_request.seeds
EXTRA_DIST += tests/fuzz/parameters.dict
EXTRA_DIST += tests/fuzz/run
EXTRA_DIST += tests/fuzz/step_record.dict
EXTRA_DIST += tests/fuzz/workflow.dict
tests_fuzz_instance_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_job_request_CPPFLAGS = $(AM_CPPFLAGS)
tests_fuzz_job_request_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_job_request_SOURCES = tests/fuzz/job_request.c runner/socket/request.c
tests_fuzz_json5_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"input.json5"'
tests_fuzz_json5_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_json5_SOURCES = tests/fuzz/workflow.c
tests_fuzz_parameters_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_step_record_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_step_record_SOURCES = tests/fuzz/step_record.c plugin/record_text.c
tests_fuzz_stream_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_workflow_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"input.json"'
tests_fuzz_workflow_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_yaml_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_NAME='"input.yaml"'
tests_fuzz_yaml_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_yaml_SOURCES = tests/fuzz/workflow.c
