# bash completion for concord; 'concord completion bash' writes it.
_concord() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
    local command= options= ended= listed= i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            --) ended=1; break ;;
            status|load|flush|purge|cat|tier|snapshot|lock|watch|cpu|tour|bench|completion|manual) [[ $command ]] || command=${COMP_WORDS[i]} ;;
        esac
    done
    [[ $current == *,* ]] && listed=${current%,*},
    COMPREPLY=()
    [[ $ended ]] || case $previous in
        --svg|--files-from|--tier|--output|-o|--pid-file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
        --columns) mapfile -t COMPREPLY < <(compgen -P "$listed" -W "path size pages resident resident-pages dirty dirty-pages writeback writeback-pages share where" -- "${current##*,}"); return ;;
        --sort) mapfile -t COMPREPLY < <(compgen -W "path size pages resident resident-pages dirty dirty-pages writeback writeback-pages share where" -- "$current"); return ;;
        --range|--pid|--include|--exclude|--max-file-size|--tier-size|--version-check|--jobs|--rate|--interval|--count|--rounds) return ;;
    esac
    case $command in
        '')
            options="--help -h --version --json"
            [[ $current != -* || $ended ]] && { mapfile -t COMPREPLY < <(compgen -W "status load flush purge cat tier snapshot lock watch cpu tour bench completion manual" -- "$current"); }
            ;;
        status)
            options="--range --pages --all --svg --force --quiet -q --json --columns --sort --reverse --bytes --no-header --files-from --null -0 --pid --include --exclude --max-file-size --one-file-system -x --follow --tier --tier-size --version-check --help -h"
            [[ $current != -* || $ended ]] && { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); }
            ;;
        load)
            options="--range --jobs --rate --quiet -q --json --files-from --null -0 --pid --include --exclude --max-file-size --one-file-system -x --follow --tier --tier-size --version-check --help -h"
            [[ $current != -* || $ended ]] && { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); }
            ;;
        flush)
            options="--range --fdatasync --quiet -q --json --files-from --null -0 --pid --include --exclude --max-file-size --one-file-system -x --follow --help -h"
            [[ $current != -* || $ended ]] && { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); }
            ;;
        purge)
            options="--range --no-trim --fdatasync --quiet -q --json --files-from --null -0 --pid --include --exclude --max-file-size --one-file-system -x --follow --tier --tier-size --version-check --help -h"
            [[ $current != -* || $ended ]] && { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); }
            ;;
        cat)
            options="--range --output -o --force --quiet -q --json --tier --tier-size --version-check --help -h"
            [[ $current != -* || $ended ]] && { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); }
            ;;
        tier)
            options="--quiet -q --json --help -h"
            [[ $current != -* || $ended ]] && { mapfile -t COMPREPLY < <(compgen -W "status purge" -- "$current"; compgen -f -- "$current"); }
            ;;
        snapshot)
            options="--json --files-from --null -0 --pid --include --exclude --max-file-size --one-file-system -x --follow --help -h"
            [[ $current != -* || $ended ]] && { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); }
            ;;
        lock)
            options="--range --daemon -d --pid-file --quiet -q --json --files-from --null -0 --pid --include --exclude --max-file-size --one-file-system -x --follow --help -h"
            [[ $current != -* || $ended ]] && { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); }
            ;;
        watch)
            options="--range --interval --count --json --files-from --null -0 --pid --include --exclude --max-file-size --one-file-system -x --follow --help -h"
            [[ $current != -* || $ended ]] && { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); }
            ;;
        cpu)
            options="--json --help -h"
            ;;
        tour)
            options="--json --help -h"
            ;;
        bench)
            options="--output --force --rounds --json --help -h"
            [[ $current != -* || $ended ]] && { compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); }
            ;;
        completion)
            options="--help -h"
            [[ $current != -* || $ended ]] && { mapfile -t COMPREPLY < <(compgen -W "bash zsh fish" -- "$current"); }
            ;;
        manual)
            options="--help -h"
            ;;
    esac
    [[ $current == -* && ! $ended ]] && mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
}
complete -F _concord concord
