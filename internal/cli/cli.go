package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"callout/internal/config"
)

// Exit statuses.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2 // also: a configuration that can't be used
)

// defaultConfig is where the configuration is when -c does not say otherwise.
const defaultConfig = "/etc/callout/callout.toml"

// statusError is an error with the exit status it asks for. An error of its own that is nil is not printed.
type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *statusError) Unwrap() error { return e.err }

// app is what the verbs share.
type app struct {
	in  io.Reader
	out *output
	err io.Writer
}

// output is where verbs print; it remembers that printing failed, so that a full disk is no success.
type output struct {
	io.Writer
	failed error
}

// Write implements io.Writer.
func (o *output) Write(b []byte) (int, error) {
	n, err := o.Writer.Write(b)
	if err != nil && o.failed == nil {
		o.failed = err
	}
	return n, err
}

// line prints a line.
func (o *output) line(format string, args ...any) { fmt.Fprintf(o, format+"\n", args...) }

// Run runs the program with its arguments, the program's name left out, and returns the exit status.
func Run(args []string, in io.Reader, out, errOut io.Writer) int {
	a := &app{in, &output{Writer: out}, errOut}
	root := a.root()
	root.SetArgs(args)
	err := root.Execute()
	if err == nil {
		err = a.out.failed
	}
	if err == nil {
		return exitOK
	}
	status := exitFailure
	var mine *statusError
	if errors.As(err, &mine) {
		status = mine.status
	}
	if text := err.Error(); text != "" {
		for line := range strings.SplitSeq(text, "\n") {
			fmt.Fprintln(errOut, "callout: "+line)
		}
	}
	return status
}

// usage makes an error of the command line.
func usage(format string, args ...any) error {
	return &statusError{exitUsage, fmt.Errorf(format, args...)}
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "callout",
		Short: "Verify mail recipients by asking their destination servers",
		Long: `Callout answers at RCPT TO whether a recipient exists: it asks the destination mail server itself over SMTP with a
null sender, keeps the answer, and asks as seldom as it can.

Try it:          callout demo
Run it:          callout serve -c callout.toml
Ask one address: callout check john@example.com --to mx.example.com
Examine a host:  callout doctor example.com --to mx.example.com

Verbs that see or change a running server find the one of this machine by its configuration, -c FILE. To talk to another
one by its API, name it with --url https://HOST and give --token-file FILE, or set CALLOUT_URL and CALLOUT_TOKEN.

Exit status: 0 done, 1 failed, 2 the command line or the configuration can't be used (check, doctor: see there).`,
		Version:           Version,
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		Args:              noVerb,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		what, _, _ := strings.Cut(err.Error(), ": strconv.")
		return usage("%s; see `%s --help`", what, cmd.CommandPath())
	})
	root.AddCommand(a.serveCommand(), a.demoCommand(), a.checkCommand(), a.doctorCommand(), a.statusCommand(),
		a.domainCommand(), a.recipientsCommand(), a.cacheCommand(), a.pauseCommand(), a.resumeCommand(),
		a.userCommand(), a.tokenCommand(), a.auditCommand(), a.configCommand(), a.versionCommand())
	return root
}

// noVerb refuses arguments where a verb should stand.
func noVerb(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usage("%q is no verb of `%s`; see `%s --help`", args[0], cmd.CommandPath(), cmd.CommandPath())
}

// arguments checks how many arguments a verb has; what names them.
func arguments(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usage("`%s` needs %s; see `%s --help`", cmd.CommandPath(), what, cmd.CommandPath())
		case most >= 0 && len(args) > most:
			return usage("`%s` has an argument too many: %q; see `%s --help`", cmd.CommandPath(), args[most], cmd.CommandPath())
		}
		return nil
	}
}

// loadConfig reads a configuration file. Whatever is wrong with it is for the one who named it.
func loadConfig(path string) (*config.Config, error) {
	c, err := config.Load(path)
	if err != nil {
		return nil, &statusError{exitUsage, err}
	}
	return c, nil
}

// group makes a verb that only holds others.
func group(use, short string, verbs ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: noVerb, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(verbs...)
	return cmd
}

// configFlag adds -c, for verbs that read the configuration themselves.
func configFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVarP(path, "config", "c", defaultConfig, "configuration `FILE`")
}

// count returns a number and what is counted, in the plural where it takes one.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// isTerminal reports whether colours can be shown on w.
func isTerminal(o *output) bool {
	f, ok := o.Writer.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && terminal(f)
}
