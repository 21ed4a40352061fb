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

// checkFlags are what check was told.
type checkFlags struct {
	at           contact
	to, hostname string
	asJSON       bool
}

func (a *app) checkCommand() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check ADDRESS…",
		Short: "Ask a destination about recipients, now, and show the dialogue",
		Long: `Ask a destination about recipients, now, and show the dialogue. Nothing is read from or written to a cache. Where the
domain's mode or its local recipients decide instead of the destination, a line says so; the answer shown is the
destination's all the same.

With --url the server there asks, from where it is and as its settings say, and keeps the answer. Where the mode or local
recipients decide it asks nobody, and what they decide is shown. It wants a token that may write.

Exit status: 0 valid, 1 invalid, 2 unknown, 3 the command line, the configuration or the server can't be used. Of several
addresses an unknown one counts before an invalid one.`,
		Args: arguments(1, -1, "an address"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("to") && f.to == "" {
				return &statusError{checkUsage, errors.New("--to is empty; write --to HOST:PORT")}
			}
			return a.check(cmd.Context(), &f, args)
		},
	}
	f.at.flags(cmd)
	jsonFlag(cmd, &f.asJSON)
	cmd.Flags().StringVar(&f.to, "to", "", "ask this `HOST:PORT` instead of the destination of the address's domain; also lmtp://HOST, smtps://HOST, mx:DOMAIN")
	cmd.Flags().StringVar(&f.hostname, "hostname", "", "the `NAME` to say in EHLO instead of the configuration's")
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

func (a *app) check(ctx context.Context, f *checkFlags, addresses []string) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	for _, text := range addresses {
		if _, err := address.Parse(text); errors.Is(err, address.ErrNoDomain) || errors.Is(err, address.ErrLiteral) {
			return &statusError{checkUsage, fmt.Errorf("%q: %w; write local-part@domain", text, err)}
		}
	}
	ask, err := a.asker(f)
	if err != nil {
		return &statusError{checkUsage, err}
	}
	worst := checkValid
	var results []checkResult
	for i, text := range addresses {
		if i > 0 && !f.asJSON {
			fmt.Fprintln(a.out)
		}
		result, err := checkOne(ctx, ask, text)
		if err != nil {
			return &statusError{checkUsage, err}
		}
		if !f.asJSON {
			result.print(a)
		}
		results = append(results, result)
		worst = max(worst, result.status())
	}
	if f.asJSON {
		if err := printJSON(a, results); err != nil {
			return err
		}
	}
	if worst != checkValid {
		return &statusError{status: worst}
	}
	return nil
}

// asking asks about one address, and shows the dialogue.
type asking func(context.Context, address.Recipient) (checkResult, error)

// asker returns what asks: this process, or the server at a URL.
func (a *app) asker(f *checkFlags) (asking, error) {
	c, err := f.at.elsewhere("to", "hostname")
	if err != nil {
		return nil, err
	}
	if c != nil {
		return func(ctx context.Context, r address.Recipient) (checkResult, error) {
			return a.askServer(ctx, c, r, f.asJSON)
		}, nil
	}
	finder, err := newFinder(f.at.config, f.to)
	if err != nil {
		return nil, err
	}
	finder.hostname = f.hostname
	return func(ctx context.Context, r address.Recipient) (checkResult, error) {
		return a.askHere(ctx, finder, r, f.asJSON)
	}, nil
}

// checkOne asks about one address.
func checkOne(ctx context.Context, ask asking, text string) (checkResult, error) {
	r, err := address.Parse(text)
	if syntax, ok := errors.AsType[*address.SyntaxError](err); ok {
		return checkResult{Recipient: text, Verdict: "invalid", Why: "550 5.1.3 " + syntax.Reason + "; it was not asked"}, nil
	}
	return ask(ctx, r)
}

// askHere finds the destination of an address and asks it.
func (a *app) askHere(ctx context.Context, f *finder, r address.Recipient, asJSON bool) (checkResult, error) {
	d, err := f.find(ctx, r.Domain())
	if err != nil {
		return checkResult{}, err
	}
	local := f.local(ctx, d, r)
	if len(d.Destination) == 0 {
		return checkResult{Recipient: r.String(), Verdict: "unknown", Mode: d.Mode.String(), Local: local,
			Why: "the domain has no destination to ask; name one with --to HOST:PORT"}, nil
	}
	result := a.askLive(ctx, d, r, asJSON)
	result.Mode, result.Local = d.Mode.String(), local
	if !asJSON {
		fmt.Fprintln(a.out)
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
