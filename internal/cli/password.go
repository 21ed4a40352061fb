package cli

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// Octets that a password may have: the server takes no other.
const (
	minPassword = 10
	maxPassword = 256
)

// passwordFlags say where the password of a user comes from: a terminal, unless they say otherwise.
type passwordFlags struct {
	stdin, generate bool
}

func (f *passwordFlags) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.stdin, "password-stdin", false, "read the password from standard input, its first line")
	cmd.Flags().BoolVar(&f.generate, "generate", false, "make a password, and print it this once")
}

// made returns a password where it was made here, for nobody else knows it.
func (f *passwordFlags) made(password string) string {
	if f.generate {
		return password
	}
	return ""
}

// password returns a new password for a user.
func (a *app) password(f *passwordFlags, name string) (string, error) {
	var password string
	var err error
	switch in, ok := a.in.(*os.File); {
	case f.stdin && f.generate:
		return "", usage("--password-stdin and --generate are two passwords; leave one of them out")
	case f.generate:
		return generatePassword(), nil
	case f.stdin:
		password, err = firstLine(a.in)
	case ok && terminal(in):
		password, err = a.askPassword(in, name)
	default:
		return "", usage("there is no terminal to ask for the password of %s; give --password-stdin, or --generate", clean(name))
	}
	if err != nil {
		return "", err
	}
	switch n := len(password); {
	case n < minPassword:
		return "", usage("the password is too short; take at least %d characters", minPassword)
	case n > maxPassword:
		return "", usage("the password has %s; take at most %d", count(n, "octet"), maxPassword)
	}
	return password, nil
}

// askPassword has a password typed twice, and shows none of it.
func (a *app) askPassword(in *os.File, name string) (string, error) {
	var typed [2]string
	for i, prompt := range []string{"Password for " + clean(name), "The same again"} {
		fmt.Fprint(a.err, prompt+": ")
		b, err := term.ReadPassword(int(in.Fd()))
		fmt.Fprintln(a.err)
		if err != nil {
			return "", fmt.Errorf("no password was typed: %w", err)
		}
		typed[i] = string(b)
	}
	if typed[0] != typed[1] {
		return "", errors.New("the two passwords differ; nothing was changed")
	}
	return typed[0], nil
}

// firstLine returns what a file begins with, up to the end of the line.
func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 64<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("standard input: %w", err)
	}
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), nil
}

// generatePassword returns a password of 26 letters and digits, with 128 bits of chance.
func generatePassword() string { return strings.ToLower(rand.Text()) }
