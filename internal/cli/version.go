package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// Version is the version of the program. A release sets it when it is built.
var Version = "0.1.0-dev"

func (a *app) versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  arguments(0, 0, ""),
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return printJSON(a, map[string]string{"version": Version, "go": runtime.Version()})
			}
			fmt.Fprintf(a.out, "callout %s (%s)\n", Version, runtime.Version())
			return nil
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// jsonFlag adds --json.
func jsonFlag(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print JSON")
}

// printJSON prints one value, indented.
func printJSON(a *app, v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

func terminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
