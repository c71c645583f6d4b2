package cloud

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/understudy/understudy/cloud/internal/durable"
)

// settings are what a cloud's folder keeps from its first start.
type settings struct {
	Account string   `json:"account"`
	Regions []string `json:"regions"`
	Speed   float64  `json:"speed"`
	// LeastTimeout is Options.LeastTimeout, in nanoseconds.
	LeastTimeout time.Duration `json:"least_timeout,omitempty"`
	Number       int           `json:"number"` // the loopback number it had last, and takes again when it is free
}

// credentials are the one pair of keys of a cloud.
type credentials struct{ ID, Secret string }

func settingsPath(dir string) string    { return filepath.Join(dir, "cloud.json") }
func credentialsPath(dir string) string { return filepath.Join(dir, "credentials") }

// readSettings returns the folder's settings; a new folder has none.
func readSettings(dir string) (s settings, err error) {
	b, err := os.ReadFile(settingsPath(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return s, fmt.Errorf("%s is not a cloud's settings (%w): mend it, or use another folder", settingsPath(dir), err)
	}
	// The file may have been edited, so it is checked like a command line.
	if err := (Options{Regions: s.Regions, Speed: s.Speed, LeastTimeout: s.LeastTimeout, Account: s.Account}).validate(regionForm.MatchString); err != nil {
		return s, fmt.Errorf("%s: %w: mend it, or use another folder", settingsPath(dir), err)
	}
	return s, nil
}

// loadSettings reads the folder's settings, applies the options, and fills in the rest.
func loadSettings(dir string, o Options) (settings, error) {
	s, err := readSettings(dir)
	if err != nil {
		return s, err
	}
	both := min(len(s.Regions), len(o.Regions))
	if !slices.Equal(s.Regions[:both], o.Regions[:both]) {
		return s, fmt.Errorf("%s holds a cloud of the regions %s: use another folder for others", dir, strings.Join(s.Regions, ", "))
	}
	if len(o.Regions) > both {
		s.Regions = o.Regions // a place once given is kept, and further ones are added
	}
	if len(s.Regions) == 0 {
		s.Regions = []string{"us-east-1", "us-west-2"}
	}
	if o.Account != "" && s.Account != "" && o.Account != s.Account {
		return s, fmt.Errorf("%s holds a cloud of account %s: use another folder for another", dir, s.Account)
	}
	if s.Account == "" {
		s.Account = o.Account
	}
	if s.Account == "" {
		n, err := rand.Int(rand.Reader, big.NewInt(900_000_000_000))
		if err != nil {
			return s, err
		}
		s.Account = n.Add(n, big.NewInt(100_000_000_000)).String()
	}
	if o.Speed > 0 {
		s.Speed = o.Speed
	}
	if o.LeastTimeout > 0 {
		s.LeastTimeout = o.LeastTimeout
	}
	if s.Speed == 0 {
		s.Speed = 1
	}
	return s, nil
}

func (s settings) save(dir string) error {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return durable.Write(settingsPath(dir), append(b, '\n'))
}

// loadCredentials reads the folder's keys, or makes them; given ones replace them.
func loadCredentials(dir, given string) (credentials, error) {
	if given != "" {
		id, secret, _ := strings.Cut(given, ":")
		c := credentials{id, secret}
		return c, c.save(dir)
	}
	b, err := os.ReadFile(credentialsPath(dir))
	if err == nil {
		id, secret, ok := strings.Cut(strings.TrimSpace(string(b)), ":")
		if !ok || id == "" || secret == "" {
			return credentials{}, fmt.Errorf("%s is not ID:SECRET: remove it for new keys, or give --credentials", credentialsPath(dir))
		}
		c := credentials{id, secret}
		return c, c.save(dir)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return credentials{}, err
	}
	var random [40]byte
	rand.Read(random[:])
	c := credentials{
		// They have the form of AWS's keys, so that tools that check the form accept them.
		ID:     "AKIA" + base32.StdEncoding.EncodeToString(random[:10]),
		Secret: base64.RawStdEncoding.EncodeToString(random[10:]),
	}
	return c, c.save(dir)
}

func (c credentials) save(dir string) error {
	return durable.Write(credentialsPath(dir), []byte(c.ID+":"+c.Secret+"\n"))
}
