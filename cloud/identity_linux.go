package cloud

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/understudy/understudy/cloud/internal/access"
	"github.com/understudy/understudy/cloud/internal/door"
	"github.com/understudy/understudy/cloud/internal/identity"
	"github.com/understudy/understudy/cloud/internal/profile"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/cloud/internal/webhook"
	"github.com/understudy/understudy/cloud/internal/world"
)

// identityDesk is IAM as the front door asks it: the room, or what stands for it while its state is refused. Restoring it
// replaces the one by the other.
type identityDesk struct{ now atomic.Pointer[served] }

type served struct {
	iam
	handler    http.Handler
	principals access.Principals // nil while the state is refused, when the root user alone is known
}

// iam is what the front door and the regions ask.
type iam interface {
	door.Identity
	profile.Source
}

func (d *identityDesk) serve(i iam) {
	principals, _ := i.(access.Principals)
	d.now.Store(&served{i, i.Handler(), principals})
}

func (d *identityDesk) asked() access.Principals { return d.now.Load().principals }

// Find implements door.Identity.
func (d *identityDesk) Find(id, token string, now time.Time) (door.Key, door.KeyState) {
	return d.now.Load().Find(id, token, now)
}

// Used implements door.Identity.
func (d *identityDesk) Used(c door.Caller, service, region string) {
	d.now.Load().Used(c, service, region)
}

// Link implements door.Identity.
func (d *identityDesk) Link(service string) { d.now.Load().Link(service) }

// Handler implements door.Identity.
func (d *identityDesk) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { d.now.Load().handler.ServeHTTP(w, r) })
}

// InstanceProfile implements profile.Source.
func (d *identityDesk) InstanceProfile(ctx context.Context, ref profile.Ref) (profile.Profile, error) {
	return d.now.Load().InstanceProfile(ctx, ref)
}

// InstanceCredentials implements profile.Source.
func (d *identityDesk) InstanceCredentials(ctx context.Context, id, instance string) (profile.Credentials, error) {
	return d.now.Load().InstanceCredentials(ctx, id, instance)
}

// serveRegions lets the regions ask IAM, for each other, and for messages to be posted on the host.
func (c *Cloud) serveRegions() error {
	l, err := c.listenUnix(world.IdentitySocket(c.dir))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", profile.Handler(&c.identity))
	mux.Handle("POST "+webhook.Path, webhook.Handler())
	world.ServeRegions(mux, &c.regions)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	c.onClose(server.Close)
	go server.Serve(l)
	return nil
}

// openIdentity opens IAM's state. One that is refused stops nothing else: the account's own key is not in it.
func (c *Cloud) openIdentity() error {
	room, err := identity.Open(identity.Config{
		Account: c.settings.Account, RootKey: c.keys.ID, Speed: tempo.Speed(c.settings.Speed), Log: c.log,
		Dir: world.Home(c.dir, world.Identity), Kept: world.Kept(c.dir, world.Identity),
	})
	var refused *store.Error
	if errors.As(err, &refused) {
		c.log.Error("IAM is refused", "error", err)
		c.learn(world.Failure(world.Identity, err))
		c.identity.serve(identity.Refused{})
		return nil
	}
	if err != nil {
		return err
	}
	c.onClose(room.Close)
	c.identity.serve(room)
	c.learn(world.Event{Name: world.Identity, State: world.Up})
	return nil
}
