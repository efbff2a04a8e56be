# bash completion for pgaddon. Generated from the command registry by `npm run completions`; do not edit.
# Install: pgaddon completion bash > ~/.local/share/bash-completion/completions/pgaddon

_pgaddon_words() {
  COMPREPLY=($(compgen -W "$(pgaddon __complete "$1" "$app" 2>/dev/null)" -- "$cur"))
}

_pgaddon() {
  local word words=() last command="" app="" place=0 at
  # bash makes three words of --app=x.
  for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do [[ $word == = ]] || words+=("$word"); done
  [[ ${COMP_WORDS[COMP_CWORD]} == = ]] && words+=("")
  last=$((${#words[@]} - 1))
  local cur="${words[last]}" prev=""
  ((last > 0)) && prev="${words[last - 1]}"
  COMPREPLY=()
  for ((at = 1; at < last; at++)); do
    case "${words[at]}" in
      -a|--app) app="${words[at + 1]}"; ((at++)) ;;
      --addon|--format|--engine|--confirm|--pg-version|--env-file|-f|--file|-c|--command|-n|--lines|-p|--port|-b|--bind)
        [[ -n $command || ${words[at]} == --addon ]] && ((at++)) ;;
      -*) ;;
      *) if [[ -z $command ]]; then command="${words[at]}"; else ((place++)); fi ;;
    esac
  done
  case "$prev" in
    -a|--app) _pgaddon_words apps; return ;;
    --addon) _pgaddon_words addons; return ;;
  esac
  case "$command" in
    "")
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "--app --addon --help --version" -- "$cur"))
      else COMPREPLY=($(compgen -W "apps create destroy restart apps-link apps-unlink addons addons-list addons-plans addons-add addons-upgrade addons-info addons-stop addons-start addons-remove addons-restore env env-get env-set env-unset run pgsql-console psql-console postgresql-console db-tunnel logs doctor completion help" -- "$cur")); fi
      ;;
    apps)
      case "$prev" in
        --format) COMPREPLY=($(compgen -W "table json" -- "$cur")); return ;;
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "--format -a --app --addon --help" -- "$cur")); return; fi
      ;;
    create)
      case "$prev" in
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "-a --app --addon --help" -- "$cur")); return; fi
      ;;
    destroy)
      case "$prev" in
        --confirm) _pgaddon_words apps; return ;;
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "--confirm --purge -a --app --addon --help" -- "$cur")); return; fi
      case "$place" in
        0) _pgaddon_words apps ;;
      esac
      ;;
    restart)
      case "$prev" in
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "-s --synchronous -a --app --addon --help" -- "$cur")); return; fi
      ;;
    apps-link)
      case "$prev" in
        --env-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "--env-file -a --app --addon --help" -- "$cur")); return; fi
      ;;
    apps-unlink)
      case "$prev" in
        --env-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "--env-file -a --app --addon --help" -- "$cur")); return; fi
      ;;
    addons)
      case "$prev" in
        --format) COMPREPLY=($(compgen -W "table json" -- "$cur")); return ;;
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "--format --removed -a --app --addon --help" -- "$cur")); return; fi
      ;;
    addons-list)
      case "$prev" in
        --format) COMPREPLY=($(compgen -W "table json" -- "$cur")); return ;;
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "--format -a --app --addon --help" -- "$cur")); return; fi
      ;;
    addons-plans)
      case "$prev" in
        --format) COMPREPLY=($(compgen -W "table json" -- "$cur")); return ;;
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "--format -a --app --addon --help" -- "$cur")); return; fi
      case "$place" in
        0) COMPREPLY=($(compgen -W "postgresql" -- "$cur")) ;;
      esac
      ;;
    addons-add)
      case "$prev" in
        --engine) COMPREPLY=($(compgen -W "docker local" -- "$cur")); return ;;
        --pg-version) return ;;
        --env-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "--engine --pg-version --env-file -a --app --addon --help" -- "$cur")); return; fi
      case "$place" in
        0) COMPREPLY=($(compgen -W "postgresql" -- "$cur")) ;;
        1) _pgaddon_words plans ;;
      esac
      ;;
    addons-upgrade)
      case "$prev" in
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "-a --app --addon --help" -- "$cur")); return; fi
      case "$place" in
        0) _pgaddon_words addons ;;
        1) _pgaddon_words plans ;;
      esac
      ;;
    addons-info)
      case "$prev" in
        --format) COMPREPLY=($(compgen -W "table json" -- "$cur")); return ;;
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "--format -a --app --addon --help" -- "$cur")); return; fi
      case "$place" in
        0) _pgaddon_words addons ;;
      esac
      ;;
    addons-stop)
      case "$prev" in
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "-a --app --addon --help" -- "$cur")); return; fi
      case "$place" in
        0) _pgaddon_words addons ;;
      esac
      ;;
    addons-start)
      case "$prev" in
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "-a --app --addon --help" -- "$cur")); return; fi
      case "$place" in
        0) _pgaddon_words addons ;;
      esac
      ;;
    addons-remove)
      case "$prev" in
        --confirm) _pgaddon_words addons; return ;;
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "--confirm --purge -a --app --addon --help" -- "$cur")); return; fi
      case "$place" in
        0) _pgaddon_words addons ;;
      esac
      ;;
    addons-restore)
      case "$prev" in
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "-a --app --addon --help" -- "$cur")); return; fi
      case "$place" in
        0) _pgaddon_words removed ;;
      esac
      ;;
    env)
      case "$prev" in
        --format) COMPREPLY=($(compgen -W "plain json dotenv shell" -- "$cur")); return ;;
        --env-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "--format --internal --check --env-file -a --app --addon --help" -- "$cur")); return; fi
      ;;
    env-get)
      case "$prev" in
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "--internal -a --app --addon --help" -- "$cur")); return; fi
      case "$place" in
        0) _pgaddon_words variables ;;
      esac
      ;;
    env-set)
      case "$prev" in
        -f|--file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "-f --file -a --app --addon --help" -- "$cur")); return; fi
      ;;
    env-unset)
      case "$prev" in
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "-a --app --addon --help" -- "$cur")); return; fi
      case "$place" in
        0) _pgaddon_words variables ;;
      esac
      ;;
    run)
      case "$prev" in
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "-a --app --addon --help" -- "$cur")); return; fi
      ;;
    pgsql-console|psql-console|postgresql-console)
      case "$prev" in
        -c|--command) return ;;
        -f|--file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "-c --command -f --file -a --app --addon --help" -- "$cur")); return; fi
      ;;
    db-tunnel)
      case "$prev" in
        -p|--port) return ;;
        -b|--bind) return ;;
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "-p --port -b --bind -a --app --addon --help" -- "$cur")); return; fi
      case "$place" in
        0) _pgaddon_words variables ;;
      esac
      ;;
    logs)
      case "$prev" in
        -n|--lines) return ;;
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "-n --lines -f --follow -a --app --addon --help" -- "$cur")); return; fi
      ;;
    doctor)
      case "$prev" in
        --format) COMPREPLY=($(compgen -W "table json" -- "$cur")); return ;;
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "--format --fix -a --app --addon --help" -- "$cur")); return; fi
      ;;
    completion)
      case "$prev" in
        -a|--app) _pgaddon_words apps; return ;;
        --addon) _pgaddon_words addons; return ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "-a --app --addon --help" -- "$cur")); return; fi
      case "$place" in
        0) COMPREPLY=($(compgen -W "bash zsh fish" -- "$cur")) ;;
      esac
      ;;
    help)
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "--help" -- "$cur")); return; fi
      case "$place" in
        0) COMPREPLY=($(compgen -W "apps create destroy restart apps-link apps-unlink addons addons-list addons-plans addons-add addons-upgrade addons-info addons-stop addons-start addons-remove addons-restore env env-get env-set env-unset run pgsql-console psql-console postgresql-console db-tunnel logs doctor completion" -- "$cur")) ;;
      esac
      ;;
  esac
}
complete -F _pgaddon pgaddon
