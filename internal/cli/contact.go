package cli

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"callout/internal/config"
)

// What the environment may say in place of flags. A flag outranks it.
const (
	envURL   = "CALLOUT_URL"
	envToken = "CALLOUT_TOKEN"
)

// contact is which server a verb talks to, and as whom: the one that runs with a configuration on this machine, over its
// admin socket, or any at a URL, with a token.
type contact struct {
	cmd                          *cobra.Command
	config                       string
	url, token, tokenFile, caPEM string
	insecure                     bool
}

// flags adds the flags of every verb that talks to a server.
func (t *contact) flags(cmd *cobra.Command) {
	t.cmd = cmd
	f := cmd.Flags()
	configFlag(cmd, &t.config)
	f.StringVar(&t.url, "url", "", "talk to the server at this `URL`, not to the one of this machine; also "+envURL+" in the environment")
	f.StringVar(&t.tokenFile, "token-file", "", "with --url: the `FILE` that has the token in it")
	f.StringVar(&t.token, "token", "", "with --url: the `TOKEN`, which others on this machine can see among its processes: better --token-file, or "+envToken+" in the environment")
	f.StringVar(&t.caPEM, "ca", "", "with --url: trust also the certificates in this PEM `FILE`, and what they have signed")
	f.BoolVar(&t.insecure, "insecure", false, "with --url: send the token over http:// to another machine, though it can be read on the way")
}

// dial returns a client for the server.
func (t *contact) dial() (*client, error) {
	at, err := t.place()
	if err != nil {
		return nil, err
	}
	if at == "" {
		return t.dialSocket()
	}
	return t.dialURL(at)
}

// elsewhere returns a client for the server at a URL, nil where none is named and the verb does its work itself. So it does
// with a flag of here, too, which makes sense on this machine alone: it outranks the environment.
func (t *contact) elsewhere(here ...string) (*client, error) {
	for _, name := range here {
		switch {
		case !t.cmd.Flags().Changed(name):
			continue
		case t.cmd.Flags().Changed("url"):
			return nil, usage("--%s is for asking from this machine, and with --url the server asks, as its settings say; leave one of them out", name)
		}
		return nil, t.needless()
	}
	at, err := t.place()
	if err != nil || at == "" {
		return nil, err
	}
	return t.dialURL(at)
}

func (t *contact) dialURL(at string) (*client, error) {
	base, err := serverURL(at, t.insecure)
	if err != nil {
		return nil, err
	}
	token, err := t.secret()
	if err != nil {
		return nil, err
	}
	trust, err := trusting(t.caPEM)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: trust},
		ForceAttemptHTTP2: true,
	}
	return newClientOf(at, base, token, transport), nil
}

// place returns the URL of the server, "" for the admin socket.
func (t *contact) place() (string, error) {
	given := func(name string) bool { return t.cmd.Flags().Changed(name) }
	switch {
	case given("url") && t.url == "":
		return "", usage("--url is empty; write for example --url https://filter.example.net")
	case given("url") && given("config"):
		return "", usage("-c and --url name two servers; leave one of them out")
	case given("url"):
		return t.url, nil
	case !given("config") && os.Getenv(envURL) != "":
		return os.Getenv(envURL), nil
	}
	return "", t.needless()
}

// needless refuses flags that are of no use without a URL.
func (t *contact) needless() error {
	for _, name := range []string{"token", "token-file", "ca", "insecure"} {
		if t.cmd.Flags().Changed(name) {
			return usage("--%s is for a server that --url names; the admin socket of this machine needs none", name)
		}
	}
	return nil
}

// dialSocket returns a client for the server that runs with a configuration file. Of the file only data_dir is needed, so
// what else is wrong with it, or with what it names, is no matter.
func (t *contact) dialSocket() (*client, error) {
	dir, ok := config.DataDir(t.config)
	if !ok {
		c, err := loadConfig(t.config)
		if err != nil {
			return nil, err
		}
		dir = c.DataDir
	}
	return newClient(filepath.Join(dir, adminSocket)), nil
}

// serverURL returns what the paths of a server's API are appended to. http:// would show the token to everybody on the
// way.
func serverURL(text string, insecure bool) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.Opaque != "":
		return "", usage("%.200q is no URL of a server; write for example https://filter.example.net", text)
	case u.User != nil:
		return "", usage("the URL %q has a name in it; leave it out, the token says who you are", u.Redacted())
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", usage("the URL %.200q goes on behind its path; leave out what follows ? or #", text)
	case u.Scheme == "http" && !insecure && !isLoopback(u.Hostname()):
		return "", usage("%.200q would send the token unencrypted to another machine; write https://, or add --insecure if that is what you want", text)
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// isLoopback reports whether a host is surely this machine.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

// maxTokenFile bounds a file with a token, in octets.
const maxTokenFile = 4096

// secret returns the token.
func (t *contact) secret() (string, error) {
	token, from := t.token, "--token"
	switch {
	case t.cmd.Flags().Changed("token") && t.cmd.Flags().Changed("token-file"):
		return "", usage("--token and --token-file are two tokens; leave one of them out")
	case t.cmd.Flags().Changed("token-file"):
		data, err := readSmall(t.tokenFile, maxTokenFile)
		if err != nil {
			return "", usage("--token-file %s: %s; name a file that has a token in it", t.tokenFile, err)
		}
		token, from = strings.TrimSpace(string(data)), t.tokenFile
	case !t.cmd.Flags().Changed("token"):
		token, from = os.Getenv(envToken), envToken
		if token == "" {
			return "", usage("a server at a URL wants a token; give --token-file FILE, or set %s (`callout token create` makes one)", envToken)
		}
	}
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return "", usage("%s holds no token; it is one word that begins with callout_", from)
	}
	return token, nil
}

// maxCA bounds a file with certificates to trust, in octets.
const maxCA = 16 << 20

// trusting returns the certificates of the system and those of a file, nil for the system's alone.
func trusting(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	data, err := readSmall(path, maxCA)
	if err != nil {
		return nil, usage("--ca %s: %s; name a file with a certificate in PEM", path, err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(data) {
		return nil, usage("--ca %s: there is no certificate in it; name a file with one in PEM", path)
	}
	return pool, nil
}

// readSmall reads a file of at most so many octets. The error does not name it.
func readSmall(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, plainPathError(err)
	case info.IsDir():
		return nil, errors.New("it is a folder")
	case info.Size() > most:
		return nil, fmt.Errorf("it has more than %d octets", most)
	}
	data, err := os.ReadFile(path)
	return data, plainPathError(err)
}
