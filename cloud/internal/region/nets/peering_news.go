package nets

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/understudy/understudy/cloud/internal/socket"
	"github.com/understudy/understudy/cloud/internal/store"
)

// A connection of two regions is stored in both. A region that changes its row marks it untold in the same transaction, and
// sends it to the other until that has answered with what it made of it: so a change outlives the loss of either region, and
// both come to the same. The state is the later one of the two, and each side is as its own region says.

// peeringPath is where a region hears of connections with its VPCs.
const peeringPath = "/peering-connections"

// peeringRetry is how long to wait for a region that does not answer.
const peeringRetry = time.Second

// ServePeers hears of connections from the cloud's other regions.
func (r *Room) ServePeers(mux *http.ServeMux) {
	mux.HandleFunc("POST "+peeringPath, func(w http.ResponseWriter, q *http.Request) {
		var news, mine peeringRow
		err := json.NewDecoder(q.Body).Decode(&news)
		if err == nil {
			mine, err = r.hearPeering(news)
		}
		if err != nil {
			r.Log.Error("hear of a peering connection", "err", err)
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(mine) // the peer asks again
	})
	mux.HandleFunc("GET "+peeringPath+"/{id}/{name}", r.serveName)
}

// hearPeering takes what another region says of a connection, and returns what it is now.
func (r *Room) hearPeering(news peeringRow) (row peeringRow, err error) {
	err = r.Update(func(tx *store.Tx) error {
		mine, known := r.peerings.GetTx(tx, news.ID)
		if known {
			row = r.merge(mine, news)
		} else {
			row = news
			row.Untold = false
		}
		switch {
		case row.State == peeringInitiating && row.Accepter.Region == r.Region:
			r.answerRequest(tx, &row)
		case row.State == peeringProvisioning && row.Requester.Region == r.Region:
			row.State = peeringActive // both know now
		}
		return r.peerings.Put(tx, row.ID, row)
	})
	if err != nil {
		return row, err
	}
	return row, r.syncPeering(row)
}

// merge is a row of this region with what another says.
func (r *Room) merge(mine, theirs peeringRow) peeringRow {
	if slices.Index(peeringOrder, theirs.State) > slices.Index(peeringOrder, mine.State) {
		mine.State, mine.Ended, mine.Deleter = theirs.State, theirs.Ended, theirs.Deleter
	}
	if mine.Requester.Region == r.Region {
		mine.Accepter = theirs.Accepter
	} else {
		mine.Requester = theirs.Requester
	}
	return mine
}

// tellPeers sends other regions what they have not heard, until the control plane ends.
func (r *Room) tellPeers() {
	w := r.Watch(r.peerings.Any())
	defer w.Stop()
	for {
		next := w.Next()
		again := make(<-chan time.Time)
		for _, row := range r.peerings.All() {
			if !row.Untold {
				continue
			}
			if err := r.tellPeering(row); err != nil {
				r.Log.Debug("tell of a peering connection", "id", row.ID, "err", err)
				again = time.After(peeringRetry)
			}
		}
		select {
		case <-next:
		case <-again:
		case <-r.Context().Done():
			return
		}
	}
}

// tellPeering tells the other region of one connection, and takes its answer.
func (r *Room) tellPeering(row peeringRow) error {
	there := row.Accepter.Region
	if there == r.Region {
		there = row.Requester.Region
	}
	theirs, err := r.askPeering(there, row)
	if err != nil {
		return err
	}
	err = r.Update(func(tx *store.Tx) error {
		mine, ok := r.peerings.GetTx(tx, row.ID)
		if !ok {
			return nil
		}
		told := reflect.DeepEqual(mine, row) // otherwise it has changed since, and that is untold yet
		mine = r.merge(mine, theirs)
		mine.Untold = !told
		row = mine
		return r.peerings.Put(tx, row.ID, row)
	})
	if err != nil {
		return err
	}
	return r.syncPeering(row)
}

func (r *Room) askPeering(region string, row peeringRow) (theirs peeringRow, err error) {
	path, err := r.cfg.Peer.Find(r.Context(), region)
	if err != nil {
		return theirs, err
	}
	body, err := json.Marshal(row)
	if err != nil {
		return theirs, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), 30*time.Second) // the other may be writing to a slow disk
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+region+peeringPath, bytes.NewReader(body))
	if err != nil {
		return theirs, err
	}
	answer, err := socket.Client(path).Do(q)
	if err != nil {
		return theirs, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return theirs, fmt.Errorf("region %s answers %s", region, answer.Status)
	}
	return theirs, json.NewDecoder(answer.Body).Decode(&theirs)
}
