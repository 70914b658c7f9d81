import numpy as np, cv2, math
from uniaims._kernels import contours, components, profiles, rings
from uniaims._kernels.threads import map_blocks,row_blocks,thread_count
from uniaims.labels import check_labels, pieces_of, _table_size

def disc_profile(r, s, n=400):
    """B(r) of unit disc blurred by s."""
    from scipy.special import erf
    u=(np.arange(n)+.5)/n*2-1
    x=np.sin(u*np.pi/2); w=np.cos(u*np.pi/2)*np.pi/2*2/n
    h=np.sqrt(1-x**2)
    return (w*np.exp(-.5*((x-r[:,None])/s)**2)/(s*math.sqrt(2*math.pi))*erf(h/(math.sqrt(2)*s))).sum(1)

def correction_table(n=61, most=0.6):
    S=np.linspace(0,0.7,141)[1:]
    r=np.linspace(0,3,3001)
    app=[0.]; dev=[0.]
    for s in S:
        B=disc_profile(r,s)
        half=1.0; wa=s
        for _ in range(20):
            lo=half-max(3.5*wa,.0); lo=max(lo,0.0)
            hi=max(half-2*wa, lo+0.05)
            inner=B[(r>=lo-1e-9)&(r<=hi)].mean()
            outer=B[(r>=half+2*wa)&(r<=half+3.5*wa)].mean()
            q=(B-outer)/(inner-outer)
            cr=lambda v: np.interp(-v,-q,r)
            half=cr(.5); wa=(cr(.25)-cr(.75))/1.349
        app.append(wa/half); dev.append((1-half)/half)
    g=np.linspace(0,most,n)
    order=np.argsort(app)
    return np.stack([g,np.interp(g,np.array(app)[order],np.array(dev)[order])],1),app,dev

def find(image, labels, law=0, table=None):
    labels=check_labels(labels); count=_table_size(labels)
    pieces=pieces_of(labels)
    places=components.largest_pieces(pieces.first, pieces.start, pieces.value, pieces.parent, labels.shape[1], count)
    corners,starts=contours.trace_all(labels,places[1:])
    lengths=np.array([rings.length_of(corners[a:b]) for a,b in zip(starts,starts[1:])])
    M=np.clip(np.ceil(lengths/profiles.STEP),24,4096).astype(int)
    rs=np.concatenate([[0],np.cumsum(M)])
    img=cv2.GaussianBlur(np.asarray(image,np.float32),(0,0),0.7)
    pts=np.empty((rs[-1],2),np.float32); res=np.empty((count,profiles.RESULT_COLUMNS))
    numbers=np.arange(1,count+1)
    profiles.find_edges(img,labels,numbers,(corners,starts,rs),law,table,pts,res)
    return pts,rs,res
