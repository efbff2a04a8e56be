#compdef pgaddon
# zsh completion for pgaddon. Generated from the command registry by `npm run completions`; do not edit.
# Install: pgaddon completion zsh > a folder of $fpath, as _pgaddon

_pgaddon_words() {
  local -a found
  found=(${(f)"$(pgaddon __complete $1 "$pgaddon_app" 2>/dev/null)"})
  compadd -a found
}

_pgaddon() {
  local pgaddon_app="" at
  for ((at = 2; at < CURRENT; at++)); do
    case $words[at] in
      -a|--app) pgaddon_app=$words[at+1] ;;
      --app=*) pgaddon_app=${words[at]#--app=} ;;
    esac
  done
  local -a commands
  commands=(
    'apps:List the apps'
    'create:Create an app'
    'destroy:Remove an app and its add-ons'
    'restart:Restart the app'\''s linked containers, or one of its databases'
    'apps-link:Join a container to the app'\''s network'
    'apps-unlink:Take a container off the app'\''s network'
    'addons:List the add-ons of an app'
    'addons-list:List the kinds of add-on there are'
    'addons-plans:List the plans of an add-on'
    'addons-add:Add a database to an app'
    'addons-upgrade:Change the plan of an add-on, up or down'
    'addons-info:Show everything about an add-on'
    'addons-stop:Stop a database'
    'addons-start:Start a stopped database'
    'addons-remove:Remove an add-on; its data is kept for 7 days'
    'addons-restore:Bring a removed add-on back'
    'env:Show the variables of an app'
    'env-get:Show one variable, aliases resolved'
    'env-set:Set variables'
    'env-unset:Unset variables'
    'run:Run a command with the app'\''s variables'
    'pgsql-console:Open psql on a database'
    'psql-console:Open psql on a database'
    'postgresql-console:Open psql on a database'
    'db-tunnel:Listen locally and forward to a database'
    'logs:Show a database'\''s log'
    'doctor:Check the engine, the state and what runs'
    'completion:Print the completion script of a shell'
    'help:Show a command'\''s options and examples'
  )
  while ((CURRENT > 2)); do
    case $words[2] in
      -a|--app|--addon)
        ((CURRENT > 3)) || break
        words=($words[1] "${(@)words[4,-1]}")
        ((CURRENT -= 2)) ;;
      -*)
        words=($words[1] "${(@)words[3,-1]}")
        ((CURRENT--)) ;;
      *) break ;;
    esac
  done
  if ((CURRENT == 3)) && [[ $words[2] == (-a|--app) ]]; then _pgaddon_words apps; return; fi
  if ((CURRENT == 3)) && [[ $words[2] == --addon ]]; then _pgaddon_words addons; return; fi
  if ((CURRENT == 2)); then
    if [[ $words[2] == -* ]]; then compadd -- --app --addon --help --version; else _describe command commands; fi
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
    apps) _arguments '--format[table or json]:value:(table json)' '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '*: :_files' ;;
    create) _arguments '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '1:argument: ' '*: :_files' ;;
    destroy) _arguments '--confirm[the app'\''s name, instead of typing it]:value:_pgaddon_words apps' '--purge[delete all data at once; there is no way back]' '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '1:argument:_pgaddon_words apps' '*: :_files' ;;
    restart) _arguments '-s[say when it is done]' '--synchronous[say when it is done]' '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '*: :_files' ;;
    apps-link) _arguments '--env-file[keep this file in step with the app'\''s variables (container addresses)]:value:_files' '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '1:argument: ' '*: :_files' ;;
    apps-unlink) _arguments '--env-file[stop keeping this file in step; what is in it stays]:value:_files' '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '1:argument: ' '*: :_files' ;;
    addons) _arguments '--format[table or json]:value:(table json)' '--removed[list what was removed and can still be brought back]' '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '*: :_files' ;;
    addons-list) _arguments '--format[table or json]:value:(table json)' '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '*: :_files' ;;
    addons-plans) _arguments '--format[table or json]:value:(table json)' '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '1:argument:(postgresql)' '*: :_files' ;;
    addons-add) _arguments '--engine[where it runs (else $PGADDON_ENGINE, else Docker when it answers)]:value:(docker local)' '--pg-version[major version of PostgreSQL]:value: ' '--env-file[keep this file in step with the app'\''s variables]:value:_files' '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '1:argument:(postgresql)' '2:argument:_pgaddon_words plans' '*: :_files' ;;
    addons-upgrade) _arguments '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '1:argument:_pgaddon_words addons' '2:argument:_pgaddon_words plans' '*: :_files' ;;
    addons-info) _arguments '--format[table or json]:value:(table json)' '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '1:argument:_pgaddon_words addons' '*: :_files' ;;
    addons-stop) _arguments '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '1:argument:_pgaddon_words addons' '*: :_files' ;;
    addons-start) _arguments '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '1:argument:_pgaddon_words addons' '*: :_files' ;;
    addons-remove) _arguments '--confirm[the add-on'\''s id, instead of typing it]:value:_pgaddon_words addons' '--purge[delete the data at once; there is no way back]' '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '1:argument:_pgaddon_words addons' '*: :_files' ;;
    addons-restore) _arguments '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '1:argument:_pgaddon_words removed' '*: :_files' ;;
    env) _arguments '--format[plain lines, json, a .env file, or lines for eval in a shell]:value:(plain json dotenv shell)' '--internal[addresses as containers on the app'\''s network see them]' '--check[run psql over every PostgreSQL URL; exit 1 when one does not answer]' '--env-file[keep this file in step with the variables from now on]:value:_files' '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '*: :_files' ;;
    env-get) _arguments '--internal[addresses as containers on the app'\''s network see them]' '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '1:argument:_pgaddon_words variables' '*: :_files' ;;
    env-set) _arguments '-f[read them from a .env file (- is stdin); arguments win]:value:_files' '--file[read them from a .env file (- is stdin); arguments win]:value:_files' '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '1:argument: ' '*: :_files' ;;
    env-unset) _arguments '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '1:argument:_pgaddon_words variables' '*: :_files' ;;
    run) _arguments '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '1:argument: ' '*: :_files' ;;
    pgsql-console|psql-console|postgresql-console) _arguments '-c[run this and exit; others on the machine can see it, so no passwords (-f - hides it)]:value: ' '--command[run this and exit; others on the machine can see it, so no passwords (-f - hides it)]:value: ' '-f[run the statements of this file (- is stdin) and exit]:value:_files' '--file[run the statements of this file (- is stdin) and exit]:value:_files' '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '1:argument: ' '*: :_files' ;;
    db-tunnel) _arguments '-p[port to listen on (10000; the next free one when it is busy)]:value: ' '--port[port to listen on (10000; the next free one when it is busy)]:value: ' '-b[address to listen on (127.0.0.1)]:value: ' '--bind[address to listen on (127.0.0.1)]:value: ' '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '1:argument:_pgaddon_words variables' '*: :_files' ;;
    logs) _arguments '-n[how many lines (20)]:value: ' '--lines[how many lines (20)]:value: ' '-f[go on showing lines as they come, until Ctrl-C]' '--follow[go on showing lines as they come, until Ctrl-C]' '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '*: :_files' ;;
    doctor) _arguments '--format[table or json]:value:(table json)' '--fix[mend what can be mended]' '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '*: :_files' ;;
    completion) _arguments '-a[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--app[the app (else $PGADDON_APP, $SCALINGO_APP, git)]:value:_pgaddon_words apps' '--addon[the add-on\: id, ad-<uuid> or type (else the app'\''s only one)]:value:_pgaddon_words addons' '1:argument:(bash zsh fish)' '*: :_files' ;;
    help) _arguments '1:argument:(apps create destroy restart apps-link apps-unlink addons addons-list addons-plans addons-add addons-upgrade addons-info addons-stop addons-start addons-remove addons-restore env env-get env-set env-unset run pgsql-console psql-console postgresql-console db-tunnel logs doctor completion)' '*: :_files' ;;
  esac
}
compdef _pgaddon pgaddon
