package nets

import (
	"net/netip"
	"slices"
	"time"

	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// attach notes that an interface is an instance's now. One that is kept outlives the instance.
func (i *Interface) attach(instance string, device int32, keep bool) {
	i.Instance, i.Attachment, i.Device, i.KeepOnTermination, i.Attached = instance, attachmentKind.NewID(), device, keep, time.Now().UTC()
}

// InterfacesOf returns an instance's interfaces by their device indexes.
func (r *Room) InterfacesOf(tx *store.Tx, instance string) []Interface {
	all := r.interfacesOf.AllTx(tx, instance)
	slices.SortFunc(all, func(a, b Interface) int { return int(a.Device - b.Device) })
	return all
}

// SoleInterface returns an interface by its id, or where it is empty the one interface of an instance.
func (r *Room) SoleInterface(tx *store.Tx, instance, id string) (Interface, error) {
	if id != "" {
		row, ok := r.interfaces.GetTx(tx, id)
		if !ok {
			return row, missingInterface(id)
		}
		return row, nil
	}
	switch all := r.InterfacesOf(tx, instance); len(all) {
	case 0:
		return Interface{}, wire.Errorf("InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", instance)
	case 1:
		return all[0], nil
	}
	return Interface{}, wire.Errorf("InvalidInstanceID",
		"There are multiple interfaces attached to instance '%s'. Please specify an interface ID for the operation instead.", instance)
}

// Free returns an interface that may be attached: a user's that no instance has. Its errors are EC2's.
func (r *Room) Free(tx *store.Tx, id string) (Interface, error) {
	row, ok := r.interfaces.GetTx(tx, id)
	switch {
	case !ok:
		return row, missingInterface(id)
	case row.managed():
		return row, notPermitted()
	case row.Instance != "":
		return row, wire.Errorf("InvalidNetworkInterface.InUse", "Interface: [%s] in use.", id)
	}
	return row, nil
}

// Attach makes a free interface an instance's.
func (r *Room) Attach(tx *store.Tx, i Interface, instance string, device int32, keep bool) (Interface, error) {
	i.attach(instance, device, keep)
	return i, r.interfaces.Put(tx, i.ID, i)
}

// Attachment returns the interface of an attachment.
func (r *Room) Attachment(tx *store.Tx, id string) (Interface, bool) {
	all := r.interfaces.AllTx(tx)
	at := slices.IndexFunc(all, func(i Interface) bool { return i.Instance != "" && i.Attachment == id })
	if at < 0 {
		return Interface{}, false
	}
	return all[at], true
}

// Detach makes an interface free. It keeps its addresses and Elastic IP addresses, and loses a public address that it was
// launched with.
func (r *Room) Detach(tx *store.Tx, i Interface) error {
	if _, elastic := r.elasticAt(tx, i, i.Address); !elastic {
		i.Public = netip.Addr{}
	}
	i.Own, i.WantsPublic, i.PrimaryIPv6 = true, false, false
	i.Instance, i.Attachment, i.Device, i.KeepOnTermination, i.Attached = "", "", 0, false, time.Time{}
	return r.interfaces.Put(tx, i.ID, i)
}

// DetachAll ends all attachments of an instance that is terminated: an interface that is not kept goes with it.
func (r *Room) DetachAll(tx *store.Tx, instance string) error {
	for _, i := range r.InterfacesOf(tx, instance) {
		var err error
		if i.KeepOnTermination {
			err = r.Detach(tx, i)
		} else {
			err = r.RemoveInterface(tx, i.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
