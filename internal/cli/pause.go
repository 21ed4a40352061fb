package cli

import (
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"callout/internal/operate"
)

func (a *app) pauseCommand() *cobra.Command {
	var at contact
	var domain, duration string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "pause",
		Short: "Refuse and defer nothing for a while: ask, keep and log, but accept",
		Long: `Refuse and defer nothing, for one domain or for all: recipients are asked, answers kept, logged and counted as ever, and
the client is told accept. What a gateway's next hop refuses, and relaying, is refused as ever. It survives a restart and is an alert while it lasts. A second pause takes the place of the
first.`,
		Args: arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			target, err := pausePath(cmd, domain)
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("for") && duration == "" {
				return usage("--for is empty; write for example --for 1h, or leave it out")
			}
			var done operate.Pause
			if err := a.ask(cmd, &at, http.MethodPut, target, pauseRequest{duration}, &done); err != nil {
				return err
			}
			if asJSON {
				return printJSON(a, done)
			}
			what, resume := "everything", "callout resume"
			if done.Domain != "" {
				what, resume = done.Domain, "callout resume --domain "+done.Domain
			}
			a.out.line("%s is %s; `%s` ends that", what, pauseNote(&done), resume)
			return nil
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	cmd.Flags().StringVar(&domain, "domain", "", "pause this `DOMAIN` with its aliases, not everything")
	cmd.Flags().StringVar(&duration, "for", "", "end by itself after this `DURATION`, for example 30m or 48h")
	return cmd
}

func (a *app) resumeCommand() *cobra.Command {
	var at contact
	var domain string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "resume",
		Short: "End a pause: refuse and defer again",
		Args:  arguments(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			target, err := pausePath(cmd, domain)
			if err != nil {
				return err
			}
			var done operate.Resumed
			if err := a.ask(cmd, &at, http.MethodDelete, target, nil, &done); err != nil {
				return err
			}
			if asJSON {
				return printJSON(a, done)
			}
			if done.WasPaused {
				a.out.line("%s is no longer paused", done.Resumed)
			} else {
				a.out.line("%s was not paused", done.Resumed)
			}
			if done.Paused != nil {
				a.out.line("but everything is, %s; `callout resume` ends that", pauseEnd(done.Paused))
			}
			for i := range done.StillPaused {
				p := &done.StillPaused[i]
				a.out.line("but %s is, %s; `callout resume --domain %s` ends that", p.Domain, pauseEnd(p), p.Domain)
			}
			return nil
		},
	}
	at.flags(cmd)
	jsonFlag(cmd, &asJSON)
	cmd.Flags().StringVar(&domain, "domain", "", "end the pause of this `DOMAIN`, not that of everything")
	return cmd
}

// pauseRequest is what begins a pause.
type pauseRequest struct {
	For string `json:"for,omitempty"`
}

func pausePath(cmd *cobra.Command, domain string) (string, error) {
	switch {
	case domain != "":
		return domainPath(domain) + "/pause", nil
	case cmd.Flags().Changed("domain"):
		return "", usage("--domain is empty; name a domain, or leave --domain out for everything")
	}
	return "pause", nil
}

// pauseNote says of something that is paused until when.
func pauseNote(p *operate.Pause) string { return "paused " + pauseEnd(p) }

func pauseEnd(p *operate.Pause) string {
	if p.Until.IsZero() {
		return "until it is resumed"
	}
	return fmt.Sprintf("for %s, until %s", still(p.Until), p.Until.Local().Format(time.RFC3339))
}
