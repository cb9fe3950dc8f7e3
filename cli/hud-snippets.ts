/** What to add to the configuration of each shell or program; `file` is where the daemon keeps the HUD. */
export const SNIPPETS: Readonly<Record<string, (file: string) => string>> = {
  bash: (file) => `# Add to ~/.bashrc: eval "$(axium hud --init bash)"
__axium_hud() {
  AXIUM_HUD=
  [[ -r ${quoted(file)} ]] && IFS= read -r AXIUM_HUD < ${quoted(file)}
}
if [[ $PROMPT_COMMAND != *__axium_hud* ]]; then
  PROMPT_COMMAND="__axium_hud\${PROMPT_COMMAND:+;$PROMPT_COMMAND}"
  PS1='\${AXIUM_HUD:+$AXIUM_HUD }'"$PS1"
fi
`,
  // An element of psvar is shown as it is: nothing in it is taken for a word of the prompt.
  zsh: (file) => `# Add to ~/.zshrc: eval "$(axium hud --init zsh)"
__axium_hud() {
  local line=
  [[ -r ${quoted(file)} ]] && IFS= read -r line < ${quoted(file)}
  psvar[8]=$line
}
autoload -Uz add-zsh-hook
add-zsh-hook precmd __axium_hud
[[ $PROMPT == *'%8v'* ]] || PROMPT='%(8V.%8v .)'$PROMPT
`,
  fish: (file) => `# Add to ~/.config/fish/config.fish: axium hud --init fish | source
functions -q __axium_right; or begin
    functions -q fish_right_prompt; and functions -c fish_right_prompt __axium_right; or function __axium_right; end
    function fish_right_prompt
        set -l line ''
        test -r ${fishQuoted(file)}; and read line < ${fishQuoted(file)}
        test -n "$line"; and printf '%s ' "$line"
        __axium_right
    end
end
`,
  tmux: () => `# Add to ~/.tmux.conf, and to config.yaml of Axium: hud: {tmux: true}
set -ga status-right ' #{@axium_hud}'
`,
  starship: (
    file,
  ) => `# Add to ~/.config/starship.toml. The shell reads the line before each prompt; add to its own file, before starship's line:
#   bash  PROMPT_COMMAND="IFS= read -r AXIUM_HUD < ${quoted(`${file}.starship`)}; export AXIUM_HUD"
#   zsh   precmd() { IFS= read -r AXIUM_HUD < ${quoted(`${file}.starship`)}; export AXIUM_HUD }
#   fish  function __axium_hud --on-event fish_prompt; read -gx AXIUM_HUD < ${fishQuoted(`${file}.starship`)}; end
[env_var.AXIUM_HUD]
format = '[$env_value]($style) '
style = 'bold'
`,
};

/** A path as a word of a POSIX shell. */
function quoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

function fishQuoted(path: string): string {
  return `'${path.replace(/['\\]/g, '\\$&')}'`;
}
