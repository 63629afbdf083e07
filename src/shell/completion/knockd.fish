# Completion of knockd and knock for fish. What fits, knockd itself knows: its own commands, the doors of the config, who is in.
function __knockd_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    for line in (knockd complete -- (basename $words[1]) $words[2..-1] "$typed" 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path "$typed"
            case :hosts
                __fish_print_hostnames
            case '*'
                echo $line
        end
    end
end
complete -c knockd -f -a '(__knockd_complete)'
complete -c knock -f -a '(__knockd_complete)'
