import { join } from 'node:path';
import { MemoryStateStore } from '../../src/store/memory-state-store.js';
import { openStateStore } from '../../src/store/open-state-store.js';
import { tempFolder } from '../store/temp-folder.js';
import { describeStateStore } from './state-store-contract.js';

describeStateStore('memory', () => {
  let store: MemoryStateStore | undefined;
  return {
    open: async (flush) => {
      store = new MemoryStateStore({ flush });
      return store;
    },
    reopen: async (flush) => {
      if (store === undefined) throw new Error('open it first');
      store = store.powerLoss({ flush });
      return store;
    },
  };
});

describeStateStore('LMDB', () => {
  const folder = join(tempFolder(), 'state');
  const options = { schemaVersion: 1, logHead: 1_000, logFirst: 1, nowMs: () => 0 };
  return {
    open: (flush) => openStateStore(folder, { ...options, flush }),
    reopen: (flush) => openStateStore(folder, { ...options, flush }),
  };
});
