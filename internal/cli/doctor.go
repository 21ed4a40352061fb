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
	path, to, hostname, good  string
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

Exit status: 0 nothing to mend, 1 something to mend, 2 no host could be examined, 3 the command line or the configuration can't
be used.`, doctor.MaxConnections, doctor.MaxRecipients, doctor.MaxRefusals, doctor.MaxTime.Seconds()),
		Args: arguments(1, 1, "a domain"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("to") && f.to == "" {
				return &statusError{doctorUsage, errors.New("--to is empty; write --to HOST:PORT")}
			}
			return a.doctor(cmd.Context(), &f, args[0])
		},
	}
	configFlag(cmd, &f.path)
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

func (a *app) doctor(ctx context.Context, f *doctorFlags, domain string) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	c, cfg, err := f.read(ctx, domain)
	if err != nil {
		return &statusError{doctorUsage, err}
	}
	if len(c.Destination) == 0 {
		return &statusError{doctorNotExamined, fmt.Errorf("domain %s has no destination to examine; name one with --to HOST:PORT", c.Domain)}
	}
	o := doctor.Options{Own: ownListeners(cfg), Here: ofThisMachine}
	said := newTranscript(a, f.asJSON, address.Recipient{})
	switch {
	case f.verbose:
		o.Trace = said.line
	case isTerminal(a.out) && !f.asJSON:
		o.Begin = func(name, address string) { fmt.Fprintf(a.err, "examining %s [%s] …\n", name, address) }
	}
	r := doctor.Examine(ctx, c, o)
	if ctx.Err() != nil {
		return &statusError{doctorNotExamined, errors.New("interrupted")}
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

// read makes a case of the command line and the configuration.
func (f *doctorFlags) read(ctx context.Context, name string) (c doctor.Case, cfg *config.Config, err error) {
	domain, err := address.ParseDomain(name)
	if err != nil {
		return c, nil, fmt.Errorf("%q is no domain; write for example example.com", name)
	}
	var good address.Recipient
	if f.good != "" {
		if good, err = address.Parse(f.good); err != nil {
			return c, nil, fmt.Errorf("--good %q: %w; write local-part@%s", f.good, err, domain)
		}
		if good.Domain() != domain {
			return c, nil, fmt.Errorf("--good %s is no address of %s; name one that exists there", f.good, domain)
		}
	}
	finder, err := newFinder(f.path, f.to)
	if err != nil {
		return c, nil, err
	}
	finder.hostname = f.hostname
	d, err := finder.find(ctx, domain)
	if err != nil {
		return c, nil, err
	}
	c = doctor.CaseOf(d)
	c.Good, c.CatchAll = good, f.catchAll
	return c, finder.config, nil
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
