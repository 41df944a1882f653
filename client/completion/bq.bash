# Written by: bq --generate bash
_bq() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	case $prev in
	--sort) COMPREPLY=($(compgen -W 'score date path' -- "$cur")); return ;;
	--color) COMPREPLY=($(compgen -W 'auto always never' -- "$cur")); return ;;
	--format) COMPREPLY=($(compgen -W 'json csv trec' -- "$cur")); return ;;
	--generate) COMPREPLY=($(compgen -W 'man bash zsh fish' -- "$cur")); return ;;
	index|batch|--socket|--config|--auth-file|-i|--index) COMPREPLY=($(compgen -f -- "$cur")); return ;;
	esac
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W '--limit --context --files --count --quiet --query --query --index --glob --type --sort --json --vimgrep --null --color --hyperlink --explain --stats --format --socket --auth-file --no-autostart --timeout --config --no-config --generate --help --version ' -- "$cur"))
	elif ((COMP_CWORD == 1)); then
		COMPREPLY=($(compgen -W 'index status doctor suggest explain open batch bench-serve serve stop ' -- "$cur"))
	fi
}
complete -o default -F _bq bq
