package cli

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/signal"

	"github.com/spf13/cobra"

	"callout/internal/address"
	"callout/internal/config"
	"callout/internal/doctor"
)

// Exit statuses of doctor.
const (
	doctorMend        = 1
	doctorNotExamined = 2
	doctorUsage       = 3
)

// doctorFlags are what doctor was told.
type doctorFlags struct {
	at                        contact
	to, hostname, good        string
	asJSON, verbose, catchAll bool
}

func (a *app) doctorCommand() *cobra.Command {
	var f doctorFlags
	cmd := &cobra.Command{
		Use:   "doctor DOMAIN",
		Short: "Examine a domain's destination, and say what to change so that recipients can be verified",
		Long: fmt.Sprintf(`Examine a domain's destination, and say what to change so that recipients can be verified: can its hosts be reached,
do they take the null sender, refuse a random address and accept one that exists, how long do they take, what are their limits.

Each address of each host costs it at most %d connections and %d RCPTs, no more than %d refused ones in a session, and takes at most
%.0f seconds. No message is sent, and nothing is read from or written to a cache.

With --url the server there examines a domain of its own, from where it is; that wants a token that may write.

Exit status: 0 nothing to mend, 1 something to mend, 2 no host could be examined, 3 the command line, the configuration or the
server can't be used.`, doctor.MaxConnections, doctor.MaxRecipients, doctor.MaxRefusals, doctor.MaxTime.Seconds()),
		Args: arguments(1, 1, "a domain"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("to") && f.to == "" {
				return &statusError{doctorUsage, errors.New("--to is empty; write --to HOST:PORT")}
			}
			return a.doctor(cmd.Context(), &f, args[0])
		},
	}
	f.at.flags(cmd)
	jsonFlag(cmd, &f.asJSON)
	cmd.Flags().StringVar(&f.good, "good", "", "an `ADDRESS` of the domain that is known to exist")
	cmd.Flags().BoolVar(&f.catchAll, "catch-all", false, "the domain is meant to accept every address")
	cmd.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "show every line that is said, as it happens; with --json as \"transcript\"")
	cmd.Flags().StringVar(&f.to, "to", "", "examine this `HOST:PORT` instead of the domain's destination; also lmtp://HOST, smtps://HOST, mx:DOMAIN")
	cmd.Flags().StringVar(&f.hostname, "hostname", "", "the `NAME` to say in EHLO instead of the configuration's")
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &statusError{doctorUsage, fmt.Errorf("%w; see `callout doctor --help`", err)}
	})
	args := cmd.Args
	cmd.Args = func(cmd *cobra.Command, list []string) error {
		if err := args(cmd, list); err != nil {
			return &statusError{doctorUsage, err}
		}
		return nil
	}
	return cmd
}

func (a *app) doctor(ctx context.Context, f *doctorFlags, name string) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	domain, good, err := f.domain(name)
	if err != nil {
		return &statusError{doctorUsage, err}
	}
	c, err := f.at.elsewhere("to", "hostname")
	if err != nil {
		return &statusError{doctorUsage, err}
	}
	var r *doctor.Report
	said := newTranscript(a, f.asJSON, address.Recipient{})
	if c != nil {
		said = newToldTranscript(a, f.asJSON, address.Recipient{})
		r, err = a.examineThere(ctx, c, f, domain, said)
	} else {
		r, err = a.examineHere(ctx, f, domain, good, said)
	}
	if ctx.Err() != nil {
		return &statusError{doctorNotExamined, errors.New("interrupted")}
	}
	if err != nil {
		return err
	}
	if err := f.print(a, r, said); err != nil {
		return err
	}
	switch r.Result {
	case doctor.NotExamined:
		return &statusError{status: doctorNotExamined}
	case doctor.ToMend:
		return &statusError{status: doctorMend}
	}
	return nil
}

// examineHere examines from this machine.
func (a *app) examineHere(ctx context.Context, f *doctorFlags, domain string, good address.Recipient, said *transcript) (*doctor.Report, error) {
	c, cfg, err := f.find(ctx, domain)
	if err != nil {
		return nil, &statusError{doctorUsage, err}
	}
	c.Good, c.CatchAll = good, f.catchAll
	if len(c.Destination) == 0 {
		return nil, &statusError{doctorNotExamined, fmt.Errorf("domain %s has no destination to examine; name one with --to HOST:PORT", c.Domain)}
	}
	o := doctor.Options{Own: ownListeners(cfg), Here: ofThisMachine}
	switch {
	case f.verbose:
		o.Trace = said.line
	case isTerminal(a.out) && !f.asJSON:
		o.Begin = func(name, address string) { a.examining(fmt.Sprintf("examining %s [%s]", name, address)) }
	}
	return doctor.Examine(ctx, c, o), nil
}

// examining says on a terminal what is being done.
func (a *app) examining(what string) { fmt.Fprintf(a.err, "%s …\n", what) }

// print prints a report, behind or with what was said.
func (f *doctorFlags) print(a *app, r *doctor.Report, said *transcript) error {
	if f.asJSON {
		return printJSON(a, struct {
			*doctor.Report
			Transcript []dialogueLine `json:"transcript,omitempty"`
		}{r, said.lines()})
	}
	if f.verbose {
		a.out.line("")
	}
	printReport(a, r)
	return nil
}

// domain reads which domain is to be examined, and an address of it that is known to exist, zero for none.
func (f *doctorFlags) domain(name string) (domain string, good address.Recipient, err error) {
	if domain, err = address.ParseDomain(name); err != nil {
		return "", good, fmt.Errorf("%q is no domain; write for example example.com", name)
	}
	if f.good == "" {
		return domain, good, nil
	}
	if good, err = address.Parse(f.good); err != nil {
		return "", good, fmt.Errorf("--good %q: %w; write local-part@%s", f.good, err, domain)
	}
	if good.Domain() != domain {
		return "", good, fmt.Errorf("--good %s is no address of %s; name one that exists there", f.good, domain)
	}
	return domain, good, nil
}

// find makes a case of a domain and the configuration.
func (f *doctorFlags) find(ctx context.Context, domain string) (c doctor.Case, cfg *config.Config, err error) {
	finder, err := newFinder(f.at.config, f.to)
	if err != nil {
		return c, nil, err
	}
	finder.hostname = f.hostname
	d, err := finder.find(ctx, domain)
	if err != nil {
		return c, nil, err
	}
	return doctor.CaseOf(d), finder.config, nil
}

// ownListeners returns what reports whether a server with this configuration listens at an address.
func ownListeners(c *config.Config) func(netip.AddrPort) bool {
	listeners := append(append([]config.Listen{}, c.Policy...), c.Gateway.Listen...)
	if c.HTTP.Listen != nil {
		listeners = append(listeners, *c.HTTP.Listen)
	}
	var own []netip.AddrPort
	for _, l := range listeners {
		if at, err := netip.ParseAddrPort(l.Address); err == nil && l.Network == "tcp" {
			own = append(own, at)
		}
	}
	return listensAt(own)
}
