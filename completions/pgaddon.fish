# fish completion for pgaddon. Generated from the command registry by `npm run completions`; do not edit.
# Install: pgaddon completion fish > ~/.config/fish/completions/pgaddon.fish

function __pgaddon_typed_command
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else
            switch $word
                case -a --app --addon
                    set skip 1
                case '-*'
                case '*'
                    echo $word
                    return
            end
        end
    end
end

function __pgaddon_no_command
    test -z "$(__pgaddon_typed_command)"
end

function __pgaddon_command
    contains -- "$(__pgaddon_typed_command)" $argv
end

function __pgaddon_words
    set -l words (commandline -opc)
    set -l app ''
    for at in (seq 2 (count $words))
        switch $words[$at]
            case -a --app
                test $at -lt (count $words); and set app $words[(math $at + 1)]
            case '--app=*'
                set app (string replace -- --app= '' $words[$at])
        end
    end
    pgaddon __complete $argv[1] "$app" 2>/dev/null
end

complete -c pgaddon -s a -l app -x -a '(__pgaddon_words apps)' -d 'the app (else $PGADDON_APP, $SCALINGO_APP, git)'
complete -c pgaddon -l addon -x -a '(__pgaddon_words addons)' -d 'the add-on: id, ad-<uuid> or type (else the app\'s only one)'
complete -c pgaddon -n __pgaddon_no_command -l version -d 'show the version'
complete -c pgaddon -l help -d 'show help'
complete -c pgaddon -f -n __pgaddon_no_command -a apps -d 'List the apps'
complete -c pgaddon -n '__pgaddon_command apps' -l format -x -a 'table json' -d 'table or json'
complete -c pgaddon -f -n __pgaddon_no_command -a create -d 'Create an app'
complete -c pgaddon -f -n __pgaddon_no_command -a destroy -d 'Remove an app and its add-ons'
complete -c pgaddon -n '__pgaddon_command destroy' -l confirm -x -a '(__pgaddon_words apps)' -d 'the app\'s name, instead of typing it'
complete -c pgaddon -n '__pgaddon_command destroy' -l purge -d 'delete all data at once; there is no way back'
complete -c pgaddon -f -n '__pgaddon_command destroy' -a '(__pgaddon_words apps)'
complete -c pgaddon -f -n __pgaddon_no_command -a restart -d 'Restart the app\'s linked containers, or one of its databases'
complete -c pgaddon -n '__pgaddon_command restart' -s s -l synchronous -d 'say when it is done'
complete -c pgaddon -f -n __pgaddon_no_command -a apps-link -d 'Join a container to the app\'s network'
complete -c pgaddon -n '__pgaddon_command apps-link' -l env-file -r -F -d 'keep this file in step with the app\'s variables (container addresses)'
complete -c pgaddon -f -n __pgaddon_no_command -a apps-unlink -d 'Take a container off the app\'s network'
complete -c pgaddon -n '__pgaddon_command apps-unlink' -l env-file -r -F -d 'stop keeping this file in step; what is in it stays'
complete -c pgaddon -f -n __pgaddon_no_command -a addons -d 'List the add-ons of an app'
complete -c pgaddon -n '__pgaddon_command addons' -l format -x -a 'table json' -d 'table or json'
complete -c pgaddon -n '__pgaddon_command addons' -l removed -d 'list what was removed and can still be brought back'
complete -c pgaddon -f -n __pgaddon_no_command -a addons-list -d 'List the kinds of add-on there are'
complete -c pgaddon -n '__pgaddon_command addons-list' -l format -x -a 'table json' -d 'table or json'
complete -c pgaddon -f -n __pgaddon_no_command -a addons-plans -d 'List the plans of an add-on'
complete -c pgaddon -n '__pgaddon_command addons-plans' -l format -x -a 'table json' -d 'table or json'
complete -c pgaddon -f -n '__pgaddon_command addons-plans' -a 'postgresql'
complete -c pgaddon -f -n __pgaddon_no_command -a addons-add -d 'Add a database to an app'
complete -c pgaddon -n '__pgaddon_command addons-add' -l engine -x -a 'docker local' -d 'where it runs (else $PGADDON_ENGINE, else Docker when it answers)'
complete -c pgaddon -n '__pgaddon_command addons-add' -l pg-version -x -d 'major version of PostgreSQL'
complete -c pgaddon -n '__pgaddon_command addons-add' -l env-file -r -F -d 'keep this file in step with the app\'s variables'
complete -c pgaddon -f -n '__pgaddon_command addons-add' -a 'postgresql (__pgaddon_words plans)'
complete -c pgaddon -f -n __pgaddon_no_command -a addons-upgrade -d 'Change the plan of an add-on, up or down'
complete -c pgaddon -f -n '__pgaddon_command addons-upgrade' -a '(__pgaddon_words addons) (__pgaddon_words plans)'
complete -c pgaddon -f -n __pgaddon_no_command -a addons-info -d 'Show everything about an add-on'
complete -c pgaddon -n '__pgaddon_command addons-info' -l format -x -a 'table json' -d 'table or json'
complete -c pgaddon -f -n '__pgaddon_command addons-info' -a '(__pgaddon_words addons)'
complete -c pgaddon -f -n __pgaddon_no_command -a addons-stop -d 'Stop a database'
complete -c pgaddon -f -n '__pgaddon_command addons-stop' -a '(__pgaddon_words addons)'
complete -c pgaddon -f -n __pgaddon_no_command -a addons-start -d 'Start a stopped database'
complete -c pgaddon -f -n '__pgaddon_command addons-start' -a '(__pgaddon_words addons)'
complete -c pgaddon -f -n __pgaddon_no_command -a addons-remove -d 'Remove an add-on; its data is kept for 7 days'
complete -c pgaddon -n '__pgaddon_command addons-remove' -l confirm -x -a '(__pgaddon_words addons)' -d 'the add-on\'s id, instead of typing it'
complete -c pgaddon -n '__pgaddon_command addons-remove' -l purge -d 'delete the data at once; there is no way back'
complete -c pgaddon -f -n '__pgaddon_command addons-remove' -a '(__pgaddon_words addons)'
complete -c pgaddon -f -n __pgaddon_no_command -a addons-restore -d 'Bring a removed add-on back'
complete -c pgaddon -f -n '__pgaddon_command addons-restore' -a '(__pgaddon_words removed)'
complete -c pgaddon -f -n __pgaddon_no_command -a env -d 'Show the variables of an app'
complete -c pgaddon -n '__pgaddon_command env' -l format -x -a 'plain json dotenv shell' -d 'plain lines, json, a .env file, or lines for eval in a shell'
complete -c pgaddon -n '__pgaddon_command env' -l internal -d 'addresses as containers on the app\'s network see them'
complete -c pgaddon -n '__pgaddon_command env' -l check -d 'run psql over every PostgreSQL URL; exit 1 when one does not answer'
complete -c pgaddon -n '__pgaddon_command env' -l env-file -r -F -d 'keep this file in step with the variables from now on'
complete -c pgaddon -f -n __pgaddon_no_command -a env-get -d 'Show one variable, aliases resolved'
complete -c pgaddon -n '__pgaddon_command env-get' -l internal -d 'addresses as containers on the app\'s network see them'
complete -c pgaddon -f -n '__pgaddon_command env-get' -a '(__pgaddon_words variables)'
complete -c pgaddon -f -n __pgaddon_no_command -a env-set -d 'Set variables'
complete -c pgaddon -n '__pgaddon_command env-set' -s f -l file -r -F -d 'read them from a .env file (- is stdin); arguments win'
complete -c pgaddon -f -n __pgaddon_no_command -a env-unset -d 'Unset variables'
complete -c pgaddon -f -n '__pgaddon_command env-unset' -a '(__pgaddon_words variables)'
complete -c pgaddon -f -n __pgaddon_no_command -a run -d 'Run a command with the app\'s variables'
complete -c pgaddon -f -n __pgaddon_no_command -a pgsql-console -d 'Open psql on a database'
complete -c pgaddon -f -n __pgaddon_no_command -a psql-console -d 'Open psql on a database'
complete -c pgaddon -f -n __pgaddon_no_command -a postgresql-console -d 'Open psql on a database'
complete -c pgaddon -n '__pgaddon_command pgsql-console psql-console postgresql-console' -s c -l command -x -d 'run this and exit; others on the machine can see it, so no passwords (-f - hides it)'
complete -c pgaddon -n '__pgaddon_command pgsql-console psql-console postgresql-console' -s f -l file -r -F -d 'run the statements of this file (- is stdin) and exit'
complete -c pgaddon -f -n __pgaddon_no_command -a db-tunnel -d 'Listen locally and forward to a database'
complete -c pgaddon -n '__pgaddon_command db-tunnel' -s p -l port -x -d 'port to listen on (10000; the next free one when it is busy)'
complete -c pgaddon -n '__pgaddon_command db-tunnel' -s b -l bind -x -d 'address to listen on (127.0.0.1)'
complete -c pgaddon -f -n '__pgaddon_command db-tunnel' -a '(__pgaddon_words variables)'
complete -c pgaddon -f -n __pgaddon_no_command -a logs -d 'Show a database\'s log'
complete -c pgaddon -n '__pgaddon_command logs' -s n -l lines -x -d 'how many lines (20)'
complete -c pgaddon -n '__pgaddon_command logs' -s f -l follow -d 'go on showing lines as they come, until Ctrl-C'
complete -c pgaddon -f -n __pgaddon_no_command -a doctor -d 'Check the engine, the state and what runs'
complete -c pgaddon -n '__pgaddon_command doctor' -l format -x -a 'table json' -d 'table or json'
complete -c pgaddon -n '__pgaddon_command doctor' -l fix -d 'mend what can be mended'
complete -c pgaddon -f -n __pgaddon_no_command -a completion -d 'Print the completion script of a shell'
complete -c pgaddon -f -n '__pgaddon_command completion' -a 'bash zsh fish'
complete -c pgaddon -f -n __pgaddon_no_command -a help -d 'Show a command\'s options and examples'
complete -c pgaddon -f -n '__pgaddon_command help' -a 'apps create destroy restart apps-link apps-unlink addons addons-list addons-plans addons-add addons-upgrade addons-info addons-stop addons-start addons-remove addons-restore env env-get env-set env-unset run pgsql-console psql-console postgresql-console db-tunnel logs doctor completion'
