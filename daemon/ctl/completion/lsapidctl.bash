# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion of lsapidctl for bash: lsapidctl itself knows what may stand where.

_lsapidctl() {
	local word
	COMPREPLY=()
	while IFS=$'\t' read -r word _; do
		COMPREPLY+=("$word")
	done < <("$1" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}

# without an answer: names of files
complete -o default -F _lsapidctl lsapidctl
