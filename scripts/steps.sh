# shellcheck shell=bash
# Sourced by scripts/check and .ci/run: named steps, of which the first that fails ends the run, and a summary at the end.
#
#   source scripts/steps.sh checks
#   step 'what it shows' command argument…
#   skipped 'what was not shown' 'why'
#
# `$scratch` is a folder that the end of the run removes.

steps_of=$1
scratch=$(mktemp -d)
steps_passed=0
steps_skipped=0
steps_running=
steps_lines=()

step() {
    steps_running=$1
    shift
    local start=$SECONDS
    printf '\n==> %s\n' "$steps_running"
    "$@"
    steps_lines+=("$(printf 'ok      %5ds  %s' $((SECONDS - start)) "$steps_running")")
    steps_passed=$((steps_passed + 1))
    steps_running=
}

skipped() {
    steps_lines+=("$(printf 'skipped         %s (%s)' "$1" "$2")")
    steps_skipped=$((steps_skipped + 1))
}

finish() {
    local status=$? failed=0
    rm -rf "$scratch"
    printf '\n%s, %d s:\n' "$steps_of" "$SECONDS"
    [[ ${#steps_lines[@]} -eq 0 ]] || printf '  %s\n' "${steps_lines[@]}"
    if [[ $status -ne 0 ]]; then
        failed=1
        printf '  FAILED          %s (what comes after it did not run)\n' "${steps_running:-before a step}"
    fi
    printf '%s: %d passed, %d failed' "$steps_of" "$steps_passed" "$failed"
    [[ $steps_skipped -eq 0 ]] || printf ', %d skipped' "$steps_skipped"
    printf '\n'
}
trap finish EXIT
