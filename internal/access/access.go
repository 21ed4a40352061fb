package access

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"callout/internal/store"
)

// How much there may be.
const (
	maxUsers       = 10_000
	maxTokens      = 10_000
	maxTokensOwner = 100       // of one user
	maxDomains     = 10_000    // of one user or token
	maxAllDomains  = 1_000_000 // of all users and tokens
)

// Options are the settings of an Access. Store is needed.
type Options struct {
	Store store.Accounts
	Log   *slog.Logger // nil: nowhere

	// Cost is what it costs to hash a password. Only tests may set it: zero stands for what is safe.
	Cost Cost
}

// Access knows users, tokens and sessions. Its methods may be called from any goroutine.
type Access struct {
	store   store.Accounts
	log     *slog.Logger
	cost    Cost
	nobody  string        // a hash like those of users, for a login without one
	hashing chan struct{} // holds a value for each password that is hashed

	logins    *throttle // failed logins, by account and by address
	changes   *throttle // wrong passwords in ChangePassword, by account
	strangers *throttle // bad tokens, by address
	gates     *gates
	failures  *failures
	left      *leavers

	change sync.Mutex // held over a change, its I/O too, so that memory and store change in the same order

	mu       sync.RWMutex // guards what follows; never held over I/O
	users    map[string]*account
	tokens   map[string]*grant    // by ID
	bySecret map[[32]byte]*grant  // by the SHA-256 of the secret
	loggedIn map[string]time.Time // last logins that are not in the store yet

	cancel context.CancelFunc
	wait   sync.WaitGroup
	once   sync.Once
}

// account is a user with the hash of the password. It is replaced when it changes.
type account struct {
	User
	hash string
}

// samePassword says whether a user has still the password that they had. Its hash may be another one (renewHash).
func (u *account) samePassword(as *account) bool { return u.PasswordSet.Equal(as.PasswordSet) }

// New reads the users and tokens of a store and starts what keeps it in order. Close it before the store.
func New(ctx context.Context, o Options) (*Access, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Cost == (Cost{}) {
		o.Cost = defaultCost
	}
	a := &Access{
		store: o.Store, log: o.Log, cost: o.Cost, hashing: make(chan struct{}, maxHashing),
		logins: newThrottle(), changes: newThrottle(), strangers: newThrottle(), gates: newGates(), failures: newFailures(),
		left:  newLeavers(),
		users: make(map[string]*account), tokens: make(map[string]*grant), bySecret: make(map[[32]byte]*grant),
		loggedIn: make(map[string]time.Time),
	}
	var err error
	if a.nobody, err = hashOfNobody(a.cost); err != nil {
		return nil, err
	}
	if err := a.load(ctx); err != nil {
		return nil, fmt.Errorf("read users and tokens: %w", err)
	}
	if err := a.recall(ctx); err != nil {
		a.log.Warn("from where users log in is not known; who fails at a name may keep its user waiting", "error", err)
	}
	running, cancel := context.WithCancel(context.Background())
	a.cancel = cancel
	a.wait.Go(func() { a.run(running) })
	return a, nil
}

func (a *Access) load(ctx context.Context) error {
	users, err := a.store.Users(ctx)
	if err != nil {
		return err
	}
	for _, u := range users {
		a.users[u.Name] = &account{hash: u.Password, User: User{Name: u.Name, Role: Role(u.Role), Domains: u.Domains,
			Created: u.Created, PasswordSet: u.PasswordSet, LastLogin: u.LastLogin}}
	}
	tokens, err := a.store.Tokens(ctx)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		if t.Owner != "" && a.users[t.Owner] == nil {
			a.log.Warn("a token does not count, as its owner is gone", "token", t.ID, "owner", t.Owner)
			continue
		}
		a.addGrant(&grant{secret: t.Secret, Token: Token{ID: t.ID, Label: t.Label, Owner: t.Owner, Role: Role(t.Role),
			Domains: t.Domains, Write: t.Write, Created: t.Created, Expires: t.Expires, LastUsed: t.LastUsed}})
	}
	return nil
}

// Close stops what runs and writes what is pending. Nothing else is called after it.
func (a *Access) Close(ctx context.Context) {
	a.once.Do(func() {
		a.cancel()
		a.wait.Wait()
		a.flush(ctx)
		a.tellLeftOut(ctx)
	})
}
