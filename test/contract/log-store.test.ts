import { join } from 'node:path';
import { openLogStore } from '../../src/store/lmdb-log-store.js';
import { MemoryLogStore } from '../../src/store/memory-log-store.js';
import { tempFolder } from '../store/temp-folder.js';
import { describeLogStore } from './log-store-contract.js';

describeLogStore('memory', () => {
  let store: MemoryLogStore | undefined;
  return {
    open: async (flush) => {
      store = new MemoryLogStore({ flush });
      return store;
    },
    reopen: async (flush) => {
      if (store === undefined) throw new Error('open it first');
      store = store.powerLoss({ flush });
      return store;
    },
  };
});

describeLogStore('LMDB', () => {
  const folder = join(tempFolder(), 'log');
  return {
    open: (flush) => openLogStore(folder, { flush }),
    reopen: (flush) => openLogStore(folder, { flush }),
  };
});
