package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/understudy/understudy/cloud/internal/userdata"
)

// cloudInit is the folder in which cloud-init keeps what it does and has done. An instance has the same, so that a baked
// image carries it and a new instance id runs its own user data (cloud-init, "Instance data and first boot determination").
const cloudInit = "/var/lib/cloud"

func instanceFolder(id string) string { return filepath.Join(cloudInit, "instances", id) }

// writeCloudInit lays out what the boot script runs, at every boot anew: user data can be changed while an instance is stopped.
func writeCloudInit(config bootConfig, boot userdata.Boot) error {
	folder := instanceFolder(config.ID)
	for _, path := range []string{folder + "/scripts", folder + "/steps", folder + "/final"} {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	for _, path := range []string{folder + "/scripts", folder + "/steps", folder + "/sem", cloudInit + "/sem"} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
	}
	for _, every := range scriptFolders {
		if err := os.MkdirAll(every, 0o755); err != nil {
			return err
		}
	}
	if err := os.Remove(cloudInit + "/instance"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Symlink(folder, cloudInit+"/instance"); err != nil {
		return err
	}
	if err := replace(folder+"/user-data.txt", config.UserData, 0o600); err != nil {
		return err
	}
	return writeBoot(folder, boot)
}

// scriptFolders are for the scripts of each frequency that are not the user data's own.
var scriptFolders = map[userdata.Frequency]string{
	userdata.Always:   cloudInit + "/scripts/per-boot",
	userdata.Instance: cloudInit + "/scripts/per-instance",
	userdata.Once:     cloudInit + "/scripts/per-once",
}

// writeBoot writes what the user data asks for where boot.sh looks for it.
func writeBoot(folder string, boot userdata.Boot) error {
	for _, n := range boot.Notes {
		fmt.Println("understudy: user data:", n)
	}
	for i, s := range boot.Steps {
		if err := replace(fmt.Sprintf("%s/steps/%03d.%s.%s", folder, i, s.Every, s.Module), []byte(s.Script), 0o700); err != nil {
			return err
		}
	}
	for _, s := range boot.Scripts {
		to := scriptFolders[s.Every]
		if s.User {
			to = folder + "/scripts"
		}
		if err := replace(filepath.Join(to, s.Name), []byte(s.Text), 0o700); err != nil {
			return err
		}
	}
	if boot.Final == "" {
		return nil
	}
	return replace(folder+"/final", []byte(boot.Final), 0o700)
}
