package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/spf13/cobra"

	"callout/internal/address"
	"callout/internal/callout"
	"callout/internal/domains"
)

// Exit statuses of check.
const (
	checkValid   = 0
	checkInvalid = 1
	checkUnknown = 2
	checkUsage   = 3
)

func (a *app) checkCommand() *cobra.Command {
	var path, to, hostname string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check ADDRESS…",
		Short: "Ask a destination about recipients, now, and show the dialogue",
		Long: `Ask a destination about recipients, now, and show the dialogue. Nothing is read from or written to a cache. Where the
domain's mode or its local recipients decide instead of the destination, a line says so; the answer shown is the
destination's all the same.

Exit status: 0 valid, 1 invalid, 2 unknown, 3 the command line or the configuration can't be used. Of several
addresses an unknown one counts before an invalid one.`,
		Args: arguments(1, -1, "an address"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("to") && to == "" {
				return &statusError{checkUsage, errors.New("--to is empty; write --to HOST:PORT")}
			}
			return a.check(cmd.Context(), path, to, hostname, args, asJSON)
		},
	}
	configFlag(cmd, &path)
	jsonFlag(cmd, &asJSON)
	cmd.Flags().StringVar(&to, "to", "", "ask this `HOST:PORT` instead of the destination of the address's domain; also lmtp://HOST, smtps://HOST, mx:DOMAIN")
	cmd.Flags().StringVar(&hostname, "hostname", "", "the `NAME` to say in EHLO instead of the configuration's")
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &statusError{checkUsage, fmt.Errorf("%w; see `callout check --help`", err)}
	})
	args := cmd.Args
	cmd.Args = func(cmd *cobra.Command, list []string) error {
		if err := args(cmd, list); err != nil {
			return &statusError{checkUsage, err}
		}
		return nil
	}
	return cmd
}

func (a *app) check(ctx context.Context, path, to, hostname string, addresses []string, asJSON bool) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	for _, text := range addresses {
		if _, err := address.Parse(text); errors.Is(err, address.ErrNoDomain) || errors.Is(err, address.ErrLiteral) {
			return &statusError{checkUsage, fmt.Errorf("%q: %w; write local-part@domain", text, err)}
		}
	}
	finder, err := newFinder(path, to)
	if err != nil {
		return &statusError{checkUsage, err}
	}
	if hostname != "" {
		finder.hostname = hostname
	}
	worst := checkValid
	var results []checkResult
	for i, text := range addresses {
		if i > 0 && !asJSON {
			fmt.Fprintln(a.out)
		}
		result, err := a.checkOne(ctx, finder, text, asJSON)
		if err != nil {
			return &statusError{checkUsage, err}
		}
		results = append(results, result)
		worst = max(worst, result.status())
	}
	if asJSON {
		if err := printJSON(a, results); err != nil {
			return err
		}
	}
	if worst != checkValid {
		return &statusError{status: worst}
	}
	return nil
}

// checkOne asks about one address.
func (a *app) checkOne(ctx context.Context, f *finder, text string, asJSON bool) (checkResult, error) {
	r, err := address.Parse(text)
	var syntax *address.SyntaxError
	if errors.As(err, &syntax) {
		result := checkResult{Recipient: text, Verdict: "invalid", Why: "550 5.1.3 " + syntax.Reason + "; it was not asked"}
		if !asJSON {
			result.print(a)
		}
		return result, nil
	}
	d, err := f.find(ctx, r.Domain())
	if err != nil {
		return checkResult{}, err
	}
	local := f.local(ctx, d, r)
	if len(d.Destination) == 0 {
		result := checkResult{Recipient: r.String(), Verdict: "unknown", Mode: d.Mode.String(), Local: local,
			Why: "the domain has no destination to ask; name one with --to HOST:PORT"}
		if !asJSON {
			result.print(a)
		}
		return result, nil
	}
	result := a.askLive(ctx, d, r, asJSON)
	result.Mode, result.Local = d.Mode.String(), local
	if !asJSON {
		fmt.Fprintln(a.out)
		result.print(a)
	}
	return result, nil
}

// askLive asks the destination of a domain about a recipient.
func (a *app) askLive(ctx context.Context, d *domains.Domain, r address.Recipient, quiet bool) checkResult {
	q := callout.Question{Destination: d.Destination, Recipient: r, Settings: &d.Settings.Callout}
	if d.Settings.CatchAllCheck {
		q.Probe = callout.RandomRecipient(d.Settings.ProbePrefix, d.Name)
	}
	t := newTranscript(a, quiet, q.Probe)
	q.Trace = t.line
	pools := callout.NewPools(callout.Options{})
	answer := pools.Ask(ctx, q)
	quit, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	pools.Close(quit)
	result := newCheckResult(r, d, answer)
	result.Dialogue = t.lines()
	return result
}
