export const PAGES: Readonly<
  Record<
    string,
    { readonly prepare?: string; readonly milestone?: { readonly name: string; readonly after: string } }
  >
>;
