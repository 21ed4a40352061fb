package cli

import (
	"net/http"

	"github.com/spf13/cobra"

	"callout/internal/operate"
)

func (a *app) statusCommand() *cobra.Command {
	var at contact
	var asJSON, all bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how a running server, its destinations and its domains stand",
		Long: `Show how a running server stands: what should be looked at, each destination host with what was learned of it and its
last problem, each next hop of the gateway, and the domains. Of many, only those that have something to say.`,
		Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var s operate.Status
			if err := a.ask(cmd, &at, http.MethodGet, "status", nil, &s); err != nil {
				return err
			}
			if asJSON {
				return printJSON(a, s)
			}
			a.showStatus(&s, all)
			return nil
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	cmd.Flags().BoolVar(&all, "all", false, "every destination, every next hop and every domain, however many")
	cmd.AddCommand(a.statusForget())
	return cmd
}

func (a *app) statusForget() *cobra.Command {
	var at contact
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "forget HOST",
		Short: "Forget what was learned of a destination host, and ask it again at once",
		Long: `Forget what was learned of a destination host, and ask it again at once. HOST is a destination as it is written in the
configuration, or an IP address. Without a port it stands for the host at all its ports.`,
		Args: arguments(1, 1, "a host"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var done operate.Forgotten
			if err := a.ask(cmd, &at, http.MethodDelete, "status/hosts/"+pathEscape(args[0]), nil, &done); err != nil {
				return err
			}
			if asJSON {
				return printJSON(a, done)
			}
			for _, host := range done.Forgotten {
				a.out.line("forgotten: what was learned of %s", host)
			}
			return nil
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	return cmd
}
